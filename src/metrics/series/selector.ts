/** Selectors that people write: read as data, so that nothing but a choice of series can come of them. */
import type { Matcher, Selector } from '../vantage/port.ts';
import { isMatched } from '../vantage/selector.ts';

const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const matcher =
  /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*(,|$)/;
/** Longer ones are no choice that a person made. */
const mostMatchers = 20;

/**
 * Patterns which RE2 and JavaScript read alike and which both match in a time that grows with the label alone: letters,
 * escaped signs, dots, classes, alternatives in one pair of brackets each, and a few open ends.
 */
const piece = /^(?:[\w\s:@/,=&%#~<>!"';-]|\\[-.\\+*?()|[\]{}^$/]|\[[\w.:@-]+\]\+?|\.[*+]?|[()|])*$/;
const mostOpenEnds = 3;

/** The selector, or a sentence that says what is wrong with the text. */
export function parseSelector(text: string): Selector | { readonly problem: string } {
  const metric = name.exec(text.trim())?.[0];
  if (metric === undefined) return { problem: 'it must begin with the name of a metric' };
  const rest = text.trim().slice(metric.length);
  if (rest === '') return { metric, matchers: [] };
  if (!rest.startsWith('{') || !rest.endsWith('}')) {
    return { problem: 'after the metric only labels in braces may follow: no function, no window' };
  }
  const matchers: Matcher[] = [];
  let left = rest.slice(1, -1).trim();
  while (left !== '') {
    const found = matcher.exec(left);
    const [whole = '', label = '', op = '=', quoted = ''] = found ?? [];
    if (found === null || matchers.length >= mostMatchers) {
      return { problem: 'its labels must be of the form name="value", separated by commas' };
    }
    const value = unquote(quoted);
    if (value === undefined) return { problem: `the value of ${label} cannot be read` };
    const made = { label, op: asOp(op), value };
    const problem = patternProblem(made);
    if (problem !== undefined) return { problem };
    matchers.push(made);
    left = left.slice(whole.length);
  }
  return { metric, matchers };
}

function asOp(text: string): Matcher['op'] {
  return text === '=~' || text === '!~' || text === '!=' ? text : '=';
}

/** Escapes are those of Go's strings; only the ones that people need are read. */
function unquote(text: string): string | undefined {
  const inner = text.slice(1, -1);
  if (inner.replace(/\\[\\"'nt]/g, '').includes('\\')) return undefined;
  return inner.replace(/\\([\\"'nt])/g, (_, sign: string) =>
    sign === 'n' ? '\n' : sign === 't' ? '\t' : sign,
  );
}

function patternProblem(made: Matcher): string | undefined {
  if (made.op === '=' || made.op === '!=') return undefined;
  const openEnds = made.value.match(/[*+]/g)?.length ?? 0;
  const advice = 'use plain text, dots, .*, [0-9]+ and alternatives with |';
  if (!piece.test(made.value) || openEnds > mostOpenEnds || /\)[*+?{]/.test(made.value))
    return `the pattern of ${made.label} is too intricate; ${advice}`;
  try {
    isMatched(made, {});
    return undefined;
  } catch {
    return `the pattern of ${made.label} is not a regular expression; ${advice}`;
  }
}
