/** Splits a metric template into text and the tokens between `{{` and `}}`, as Go's text/template does. */

/** A template that cannot be read or rendered; `message` begins with `line:column` and says what to do. */
export class TemplateError extends Error {
  constructor(position: Position, problem: string) {
    super(`${position.line}:${position.column}: ${problem}`);
    this.name = 'TemplateError';
  }
}

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'string'
  | 'number'
  | 'word'
  | 'variable'
  | 'field'
  | 'symbol'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Strings are unquoted; variables come with `$`, fields without the dot. */
  readonly text: string;
  readonly at: Position;
  /** Blanks stand before it: `index $x .y` and `index $x.y` differ. */
  readonly spaced: boolean;
}

const openTrim = /^\{\{-(?=[ \t\r\n])/;
const closeTrim = /^[ \t\r\n]+-\}\}/;
const comment = /^[ \t\r\n]*\/\*[\s\S]*?\*\/([ \t\r\n]*)(-?)\}\}/;
const blanks = /^[ \t\r\n]+/;
const simple: readonly [TokenKind, RegExp][] = [
  ['number', /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?(?![\w.])/],
  ['word', /^[A-Za-z_]\w*/],
  ['variable', /^\$\w*/],
  ['field', /^\.[A-Za-z_]\w*/],
  ['symbol', /^(:=|[=|(),.])/],
];

/** Throws TemplateError on an unclosed action, an unterminated string, or a character that begins no token. */
export function tokenize(source: string): { tokens: readonly Token[]; end: Token } {
  const tokens: Token[] = [];
  let offset = 0;
  let spaced = false;
  const positionOf = positions(source);

  const rest = (): string => source.slice(offset);
  const fail = (problem: string, from = offset): never => {
    throw new TemplateError(positionOf(from), problem);
  };
  const push = (kind: TokenKind, text: string, length: number): void => {
    tokens.push({ kind, text, at: positionOf(offset), spaced });
    offset += length;
    spaced = false;
  };

  while (offset < source.length) {
    let trimNext = false;
    const open = source.indexOf('{{', offset);
    const textEnd = open === -1 ? source.length : open;
    const trimLast = open !== -1 && openTrim.test(source.slice(open));
    const text = source.slice(offset, textEnd);
    const kept = trimLast ? text.trimEnd() : text;
    if (kept !== '') tokens.push({ kind: 'text', text: kept, at: positionOf(offset), spaced: false });
    offset = textEnd;
    if (open === -1) break;

    const openLength = trimLast ? 3 : 2;
    const remark = comment.exec(source.slice(open + openLength));
    if (remark !== null) {
      trimNext = remark[2] === '-';
      if (trimNext && remark[1] === '') fail('write a blank between the comment and -}}', open);
      offset = open + openLength + remark[0].length;
    } else {
      push('open', '', openLength);
      trimNext = action(open);
    }
    if (trimNext) offset += rest().length - rest().trimStart().length;
  }
  return { tokens, end: { kind: 'end', text: '', at: positionOf(source.length), spaced: false } };

  /** Reads up to and including the closing braces; the answer says whether they trim the text that follows. */
  function action(open: number): boolean {
    for (;;) {
      const trim = closeTrim.exec(rest());
      if (trim !== null || rest().startsWith('}}')) {
        push('close', '', trim?.[0].length ?? 2);
        return trim !== null;
      }
      const blank = blanks.exec(rest());
      if (blank !== null) {
        offset += blank[0].length;
        spaced = true;
      } else if (offset >= source.length || rest().startsWith('{{')) {
        fail('this {{ is never closed: add }}', open);
      } else {
        token();
      }
    }
  }

  function token(): void {
    const first = source[offset];
    if (first === '"' || first === '`') {
      const { value, length } = readString(rest(), problem => fail(problem));
      push('string', value, length);
      return;
    }
    for (const [kind, pattern] of simple) {
      const match = pattern.exec(rest());
      if (match !== null) {
        push(kind, kind === 'field' ? match[0].slice(1) : match[0], match[0].length);
        return;
      }
    }
    const hint = first === "'" ? ': write strings in double quotes' : '';
    fail(`unexpected ${JSON.stringify(first)} in an action${hint}`);
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** A Go string literal at the start of `text`: interpreted ("…") or raw (`…`). */
function readString(text: string, fail: (problem: string) => never): { value: string; length: number } {
  if (text.startsWith('`')) {
    const end = text.indexOf('`', 1);
    if (end === -1) return fail('this string is never closed: add `');
    return { value: text.slice(1, end), length: end + 1 };
  }
  const literal = /^"(?:[^"\\\n]|\\[^\n])*"/.exec(text)?.[0];
  if (literal === undefined) return fail('this string is never closed: add "');
  const value = literal
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S])/g, (all, code: string) => {
      if (code.length > 1) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
      return escapes[code] ?? fail(`unknown escape ${all} in a string: write a backslash as \\\\`);
    });
  return { value, length: literal.length };
}

/** Offsets are asked for in rising order but for errors: each goes on from the last, so that a template is read once. */
function positions(source: string): (offset: number) => Position {
  const ends = Array.from(source.matchAll(/\n/g), ({ index }) => index);
  let line = 0;
  return offset => {
    while (line > 0 && (ends[line - 1] ?? 0) >= offset) line -= 1;
    while (line < ends.length && (ends[line] ?? 0) < offset) line += 1;
    return { line: line + 1, column: offset - (ends[line - 1] ?? -1) };
  };
}
