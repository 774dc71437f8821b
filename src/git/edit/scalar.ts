/** How a new value is written in place of an old scalar: its quotes stay, and text never turns into a number. */
import { isAlias, isScalar, parseDocument, type Scalar } from 'yaml';
import { type Located, type Splice, sharedBy } from './document.ts';
import { EditRefused } from './refused.ts';

export interface Change {
  readonly path: readonly (string | number)[];
  readonly value: string;
  /** Undefined where the file says so already. */
  readonly splice?: Splice;
}

/** Tags, digests and image references: nothing that any quoting would have to escape. */
const writable = /^[A-Za-z0-9_](?:[A-Za-z0-9_./:@+-]{0,510}[A-Za-z0-9_./@+-])?$/u;

/** Throws `EditRefused` where the value is no single scalar, or is used in more than this one place. */
export function replaceScalar(located: Located, value: string): Change {
  const { node, path, pair } = located;
  checked(value);
  const where = nameOf(path);
  const anchor = sharedBy(located);
  if (isAlias(node))
    throw new EditRefused(`${where} is an alias (*${node.source}); write the value there itself`);
  if (!isScalar(node)) throw new EditRefused(`${where} is not a single value`);
  if (anchor !== undefined) {
    throw new EditRefused(`${where} belongs to the anchor &${anchor}, which is used elsewhere too`);
  }
  if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str') {
    throw new EditRefused(`${where} has the tag ${node.tag}`);
  }
  const [start, end] = rangeOf(node);
  if (node.value === value) return { path, value };
  if (start < end) return { path, value, splice: { start, end, text: spelled(node, value, where) } };
  if (node.anchor !== undefined || node.tag !== undefined) {
    throw new EditRefused(`${where} is empty but for its anchor or tag`);
  }
  const colon = pair?.srcToken?.sep?.find(token => token.type === 'map-value-ind');
  if (colon === undefined) throw new EditRefused(`${where} is empty`);
  const after = colon.offset + 1;
  return { path, value, splice: { start: after, end: after, text: ` ${plain(value)}` } };
}

/** Throws `EditRefused` for anything but an image, a tag or a digest. */
export function checked(value: string): string {
  if (!writable.test(value))
    throw new EditRefused(`${JSON.stringify(value)} is not an image, a tag or a digest`);
  return value;
}

export function rangeOf(node: Scalar): readonly [number, number] {
  const { range } = node;
  if (range === undefined || range === null) throw new EditRefused('the file has no positions');
  return [range[0], range[1]];
}

function spelled(node: Scalar, value: string, where: string): string {
  if (node.type === 'QUOTE_DOUBLE') return `"${value}"`;
  if (node.type === 'QUOTE_SINGLE') return `'${value}'`;
  if (node.type === 'PLAIN') return plain(value);
  throw new EditRefused(`${where} is a block of text; write it on one line`);
}

/** Without quotes where every version of YAML reads the same text then. */
export function plain(value: string): string {
  const readings = [value, value.replaceAll('_', '')].flatMap(text =>
    (['1.1', '1.2'] as const).map(version => parseDocument(text, { version, logLevel: 'error' }).contents),
  );
  const same = readings.every(node => isScalar(node) && typeof node.value === 'string');
  return same ? value : `"${value}"`;
}

/** `images[0].newTag`, for messages. */
export function nameOf([, ...keys]: readonly (string | number)[]): string {
  return keys
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${key}`))
    .join('');
}
