/** Turns a metric template's tokens into a tree; everything that is wrong whatever the values are is found here. */

import { functionNames } from './template-functions.ts';
import { type Position, TemplateError, type Token, type TokenKind, tokenize } from './template-lexer.ts';
import type { Expression, Node, Pipeline } from './template-tree.ts';

const maxDepth = 32;
const keywords = new Set(['if', 'else', 'end', 'range']);
const unsupported = new Set(['with', 'define', 'template', 'block', 'break', 'continue']);

/** Throws TemplateError. */
export function parseNodes(source: string): Node[] {
  const { tokens, end } = tokenize(source);
  let next = 0;
  let depth = 0;

  const peek = (ahead = 0): Token => tokens[next + ahead] ?? end;
  const take = (): Token => {
    const token = peek();
    next += 1;
    return token;
  };
  const is = (kind: TokenKind, text?: string, ahead = 0): boolean =>
    peek(ahead).kind === kind && (text === undefined || peek(ahead).text === text);
  const fail = (problem: string, at = peek().at): never => {
    throw new TemplateError(at, problem);
  };
  const expectClose = (): void => {
    if (!is('close')) fail(`unexpected '${peek().text}': expected }}`);
    next += 1;
  };
  const nested = <T>(read: () => T): T => {
    depth += 1;
    if (depth > maxDepth) fail(`nested deeper than ${maxDepth} levels: simplify the template`);
    const result = read();
    depth -= 1;
    return result;
  };

  const nodes = list(new Set());
  if (!is('end')) fail(`unexpected {{ ${peek(1).text} }}: there is no if or range that it belongs to`);
  return nodes;

  /** Reads nodes up to an `else` or `end`, whose words stay unread. */
  function list(scope: ReadonlySet<string>): Node[] {
    const variables = new Set(scope);
    const nodes: Node[] = [];
    for (;;) {
      const { kind, text, at } = peek();
      if (kind === 'end' || (kind === 'open' && (is('word', 'else', 1) || is('word', 'end', 1))))
        return nodes;
      next += 1;
      if (kind === 'text') nodes.push({ kind, text, at });
      else nodes.push(nested(() => action(at, variables)));
    }
  }

  function action(at: Position, variables: Set<string>): Node {
    const word = peek().kind === 'word' ? peek().text : '';
    if (unsupported.has(word)) fail(`'${word}' is not supported in metric templates`);
    if (word === 'if' || word === 'range') {
      next += 1;
      return branch(word, at, variables);
    }
    const read = pipeline(variables, false);
    expectClose();
    return { kind: 'print', pipeline: read, at };
  }

  function branch(kind: 'if' | 'range', at: Position, scope: ReadonlySet<string>): Node {
    const variables = new Set(scope);
    const read = pipeline(variables, kind === 'range');
    expectClose();
    const body = list(variables);
    let otherwise: Node[] = [];
    if (is('word', 'else', 1)) {
      const elseAt = peek().at;
      next += 2;
      if (kind === 'if' && is('word', 'if')) {
        next += 1;
        return { kind, pipeline: read, body, otherwise: [nested(() => branch('if', elseAt, variables))], at };
      }
      expectClose();
      otherwise = list(variables);
    }
    if (!is('word', 'end', 1)) fail(`this ${kind} is never closed: add {{ end }}`, at);
    next += 2;
    expectClose();
    return { kind, pipeline: read, body, otherwise, at };
  }

  function pipeline(variables: Set<string>, isRange: boolean): Pipeline {
    const names: string[] = [];
    const pair = isRange && is('variable') && is('symbol', ',', 1) && is('variable', undefined, 2);
    if (pair) {
      names.push(take().text);
      next += 1;
    }
    let declares = false;
    if (is('variable') && (is('symbol', ':=', 1) || is('symbol', '=', 1))) {
      const target = take();
      declares = take().text === ':=';
      if (target.text === '$') fail('$ cannot be assigned to', target.at);
      if (!declares && !variables.has(target.text)) fail(`${target.text} is not declared: use :=`, target.at);
      names.push(target.text);
    } else if (pair) {
      fail("expected ':=' after the range's variables");
    }
    const value = chain(variables);
    for (const name of names) variables.add(name);
    return { variables: names, declares, value };
  }

  /** Commands joined by `|`: each result becomes the last argument of the next. */
  function chain(variables: ReadonlySet<string>): Expression {
    let value = command(variables);
    while (is('symbol', '|')) {
      next += 1;
      const at = peek().at;
      const into = command(variables);
      if (into.kind !== 'call') return fail('only a function can stand after |', at);
      value = { ...into, args: [...into.args, value] };
    }
    return value;
  }

  function command(variables: ReadonlySet<string>): Expression {
    const first = peek();
    if (first.kind === 'word' && functionNames.has(first.text)) {
      const called: Expression = { kind: 'call', name: take().text, args: [], at: first.at };
      const path = fields();
      if (path.length > 0) return { kind: 'fields', of: called, path, at: first.at };
      const args: Expression[] = [];
      while (!is('close') && !is('symbol', '|') && !is('symbol', ')')) args.push(operand(variables));
      return { ...called, args };
    }
    const value = operand(variables);
    if (is('close') || is('symbol', '|') || is('symbol', ')')) return value;
    return fail(`unexpected '${peek().text}': only a function can have arguments`);
  }

  function operand(variables: ReadonlySet<string>): Expression {
    const token = take();
    const { at } = token;
    const value = base(token, variables);
    const path = fields();
    if (path.length === 0) return value;
    if (value.kind === 'literal') return fail('a literal has no fields', at);
    return { kind: 'fields', of: value, path, at };
  }

  function base({ kind, text, at }: Token, variables: ReadonlySet<string>): Expression {
    if (kind === 'string') return { kind: 'literal', value: text, at };
    if (kind === 'number') return { kind: 'literal', value: Number(text), at };
    if (kind === 'field') return { kind: 'fields', of: { kind: 'dot', at }, path: [text], at };
    if (kind === 'variable') {
      if (text !== '$' && !variables.has(text)) fail(`${text} is not declared: add {{ ${text} := … }}`, at);
      return { kind: 'variable', name: text, at };
    }
    if (kind === 'symbol' && text === '.') return { kind: 'dot', at };
    if (kind === 'symbol' && text === '(') {
      const value = nested(() => chain(variables));
      if (!is('symbol', ')')) fail('this ( is never closed: add )', at);
      next += 1;
      return value;
    }
    if (kind === 'word' && (text === 'true' || text === 'false')) {
      return { kind: 'literal', value: text === 'true', at };
    }
    if (kind === 'word' && text === 'nil') return { kind: 'literal', value: undefined, at };
    if (kind === 'word' && functionNames.has(text)) return { kind: 'call', name: text, args: [], at };
    if (kind === 'word' && !keywords.has(text)) {
      return fail(`'${text}' is not a function; there are ${[...functionNames].join(', ')}`, at);
    }
    if (kind === 'close') return fail('expected a value before }}', at);
    return fail(`unexpected '${text}': expected a value`, at);
  }

  function fields(): string[] {
    const path: string[] = [];
    while (is('field') && !peek().spaced) path.push(take().text);
    return path;
  }
}
