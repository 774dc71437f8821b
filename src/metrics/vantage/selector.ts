/** Selectors as text and as a test on labels: values are data in both, whatever they hold. */
import { quoted } from '../template-functions.ts';
import type { Matcher, Selector } from './port.ts';

/** Selectors never change, and those of a check are asked for at every scrape. */
const texts = new WeakMap<Selector, string>();
const patterns = new WeakMap<Matcher, RegExp>();

/** An instant selector; `[30s]` behind it makes it one of raw samples. */
export function selectorText(selector: Selector, ...more: readonly Matcher[]): string {
  const known = more.length === 0 ? texts.get(selector) : undefined;
  if (known !== undefined) return known;
  const { metric, matchers } = selector;
  const inner = [...matchers, ...more].map(({ label, op, value }) => `${label}${op}${quoted(value)}`);
  const text = `${metric}{${inner.join(',')}}`;
  if (more.length === 0) texts.set(selector, text);
  return text;
}

/** As Prometheus: a label that is missing is empty. */
export function isMatched(matcher: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const { label, op, value } = matcher;
  const actual = Object.hasOwn(labels, label) ? labels[label] : '';
  if (op === '=' || op === '!=') return (actual === value) === (op === '=');
  return patternOf(matcher).test(actual ?? '') === (op === '=~');
}

function patternOf(matcher: Matcher): RegExp {
  const known = patterns.get(matcher);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^(?:${matcher.value})$`, 's');
  patterns.set(matcher, pattern);
  return pattern;
}

/** The label has this value. */
export function is(label: string, value: string): Matcher {
  return { label, op: '=', value };
}

/** The label has any value but none. */
export function isSet(label: string): Matcher {
  return { label, op: '!=', value: '' };
}

/** `pattern` is of the subset that RE2 and JavaScript share; anchored at both ends. */
export function matches(label: string, pattern: string): Matcher {
  return { label, op: '=~', value: pattern };
}

/** For use inside a pattern. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
