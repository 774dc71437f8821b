/** The functions of metric templates: Flagger's names of the release, and the part of Go's built-ins that queries need. */

/** What an expression evaluates to; a map is what `variables` gives. */
export type Value = string | number | boolean | undefined | ReadonlyMap<string, string>;

/** What a template may name. Everything is text; `interval` is a Go duration. */
export interface TemplateValues {
  readonly name: string;
  readonly namespace: string;
  readonly target: string;
  readonly service: string;
  readonly ingress: string;
  readonly route: string;
  readonly interval: string;
  readonly variables: ReadonlyMap<string, string>;
}

/** Throws through `fail`, which knows the position. */
export type Fail = (problem: string) => never;

type Call = (args: readonly Value[], fail: Fail) => Value;

const builtins: Readonly<Record<string, Call>> = {
  printf: ([format, ...args], fail) =>
    typeof format === 'string'
      ? formatted(format, args, fail)
      : fail('printf needs a format string as its first argument'),
  print: (args, fail) => args.map(each => shown(each, fail)).join(''),
  eq(args, fail) {
    const [first, ...others] = args;
    if (others.length === 0) return fail('eq needs two values');
    return others.some(each => comparable(first, each, fail) && first === each);
  },
  ne: (args, fail) => args.length === 2 && comparable(args[0], args[1], fail) && args[0] !== args[1],
  not: ([value]) => !isTrue(value),
  len([value], fail) {
    if (typeof value === 'string') return Buffer.byteLength(value);
    return value instanceof Map ? value.size : fail('len needs a string or a map');
  },
  index([map, key, ...more], fail) {
    if (!(map instanceof Map) || typeof key !== 'string' || more.length > 0) {
      return fail('index needs a map and a key: index variables "name"');
    }
    return map.get(key) ?? '';
  },
};

const counts: Readonly<Record<string, readonly [number, number]>> = {
  printf: [1, 32],
  print: [0, 32],
  eq: [2, 32],
  ne: [2, 2],
  not: [1, 1],
  len: [1, 1],
  index: [2, 2],
};

const valueNames = [
  'name',
  'namespace',
  'target',
  'service',
  'ingress',
  'route',
  'interval',
  'variables',
] as const;

/** `and` and `or` stop at the first value that decides, so the evaluator has them. */
export const functionNames: ReadonlySet<string> = new Set([
  ...valueNames,
  ...Object.keys(builtins),
  'and',
  'or',
]);

/** Calls any function but `and` and `or`. */
export function callFunction(
  name: string,
  args: readonly Value[],
  values: TemplateValues,
  fail: Fail,
): Value {
  const own = valueNames.find(each => each === name);
  if (own !== undefined) return args.length === 0 ? values[own] : fail(`${name} takes no arguments`);
  const builtin = builtins[name];
  const [least, most] = counts[name] ?? [0, 0];
  if (builtin === undefined) return fail(`'${name}' is not a function`);
  if (args.length < least || args.length > most) {
    return fail(
      `${name} takes ${least === most ? least : `${least} to ${most}`} arguments, not ${args.length}`,
    );
  }
  return builtin(args, fail);
}

/** Go's truth: not empty, not zero. */
export function isTrue(value: Value): boolean {
  return value instanceof Map ? value.size > 0 : Boolean(value);
}

/** A value as an action prints it. */
export function shown(value: Value, fail: Fail): string {
  if (value === undefined) return fail('there is no value to print');
  if (typeof value === 'object') return fail('a map cannot be printed: name one of its keys, as variables.x');
  return String(value);
}

function comparable(left: Value, right: Value, fail: Fail): boolean {
  if (typeof left === typeof right && typeof left !== 'object') return true;
  return fail('only two texts, two numbers or two booleans can be compared');
}

const verb = /%([-0]?)(\d*)(?:\.(\d+))?([\s\S]?)/g;
/** A wider field serves no query, and one of a billion would fill the memory. */
const maxWidth = 64;

function formatted(format: string, args: readonly Value[], fail: Fail): string {
  let used = 0;
  const text = format.replace(
    verb,
    (all, flag: string, width: string, precision: string | undefined, kind: string) => {
      if (all === '%%') return '%';
      if (Number(width) > maxWidth || Number(precision ?? 0) > maxWidth) {
        return fail(`${all.slice(0, 12)}: at most ${maxWidth} characters wide`);
      }
      if (used >= args.length)
        return fail(`printf has more verbs than arguments: nothing is left for ${all}`);
      const value = args[used];
      used += 1;
      const bare = oneVerb(all, kind, precision, value, fail);
      if (flag === '-') return bare.padEnd(Number(width));
      if (flag === '0' && typeof value === 'number') {
        const sign = bare.startsWith('-') ? '-' : '';
        return sign + bare.slice(sign.length).padStart(Number(width) - sign.length, '0');
      }
      return bare.padStart(Number(width));
    },
  );
  return used === args.length ? text : fail(`printf has ${args.length} arguments for ${used} verbs`);
}

function oneVerb(all: string, kind: string, precision: string | undefined, value: Value, fail: Fail): string {
  if (kind === 'v' && precision === undefined) return shown(value, fail);
  if (kind === 's' && typeof value === 'string') {
    return precision === undefined ? value : Array.from(value).slice(0, Number(precision)).join('');
  }
  if (kind === 'q' && typeof value === 'string' && precision === undefined) return quoted(value);
  if (kind === 'd' && typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (kind === 'f' && typeof value === 'number') return value.toFixed(Number(precision ?? 6));
  if (!'vsqdf'.includes(kind) || kind === '') return fail(`${all}: use %s, %q, %d, %f or %v`);
  return fail(`${all} does not fit a ${value === undefined ? 'missing value' : typeof value}: use %v`);
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** A Go (and so a PromQL) string literal in double quotes. */
export function quoted(text: string): string {
  const body = text.replace(/["\\\p{Cc}]/gu, each => {
    if (each === '"' || each === '\\') return `\\${each}`;
    const code = each.charCodeAt(0).toString(16).padStart(2, '0');
    // From 0x80 on, \x would be one byte of UTF-8 and not the character.
    return named[each] ?? (code < '80' ? `\\x${code}` : `\\u00${code}`);
  });
  return `"${body}"`;
}
