/** A YAML file read for an edit: its text, its documents, and the ways through their nodes that an edit may take. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import { EditRefused } from './refused.ts';

export interface Source {
  readonly text: string;
  readonly documents: readonly Document.Parsed[];
}

/** A node with how it was reached: the nodes above it decide whether an edit would show elsewhere too. */
export interface Located {
  readonly document: Document.Parsed;
  /** Index of the document, keys and indexes. */
  readonly path: readonly (string | number)[];
  readonly above: readonly Node[];
  readonly node: Node;
  /** The pair whose value it is. */
  readonly pair?: Pair;
}

export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A file of manifests or values larger than this is not written by people. */
const maxBytes = 128 * 1024;

/** Brackets within brackets; the parser's time grows with their square. */
const maxNesting = 200;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws `EditRefused` for what is not UTF-8, not YAML, or read in another way by other parsers. */
export function parseSource(bytes: Buffer): Source {
  if (bytes.length > maxBytes) throw new EditRefused(`the file is larger than ${maxBytes} bytes`);
  const text = decoded(bytes);
  // Line breaks for YAML 1.1, which Kubernetes' parser reads, and ordinary characters for YAML 1.2.
  if (/\r(?!\n)|[\u0085\u2028\u2029]/u.test(text)) {
    throw new EditRefused('the file holds line breaks other than LF and CRLF');
  }
  if (nesting(text) > maxNesting) throw new EditRefused('the file is nested too deeply');
  // The parser compares each key with every other one of its map, which takes minutes for a hostile file.
  const options = { keepSourceTokens: true, uniqueKeys: false, logLevel: 'error' } as const;
  const documents = parseAllDocuments(text, options);
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new EditRefused(`the file is not plain YAML: ${error.message.split('\n', 1)[0] ?? ''}`);
    }
    refuseTwins(document);
  }
  return { text, documents: [...documents] };
}

/** Brackets in text count too: what they add is small where people write. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/gu)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function refuseTwins(document: Document.Parsed): void {
  visit(document, {
    Map(_key, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (keys.has(name))
          throw new EditRefused(`the file has the key ${name.slice(0, 100)} twice in one map`);
        keys.add(name);
      }
    },
  });
}

function decoded(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new EditRefused('the file is not UTF-8');
  }
}

/** The root of a document; undefined for an empty one. */
export function rootOf({ documents }: Source, index: number): Located | undefined {
  const document = documents[index];
  const node = document?.contents;
  if (document === undefined || !isNode(node)) return undefined;
  return { document, path: [index], above: [], node };
}

/** The value of a key; undefined where the node is no map or has no such key of its own. */
export function valueAt(located: Located, key: string): Located | undefined {
  const { node } = located;
  if (!isMap(node)) return undefined;
  const pair = pairOf(node, key);
  // A key alone, as in `{ a, b }`, has no value that could be replaced.
  if (pair === undefined || !isNode(pair.value)) return undefined;
  return { ...below(located, key, pair.value), pair };
}

/** The items of a list with their indexes; empty where the node is none. */
export function itemsOf(located: Located): Located[] {
  const { node } = located;
  if (!isSeq(node)) return [];
  return node.items.flatMap((item, index) => (isNode(item) ? [below(located, index, item)] : []));
}

function below(located: Located, key: string | number, node: Node): Located {
  const { document, path, above } = located;
  return { document, path: [...path, key], above: [...above, located.node], node };
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find(pair => isScalar(pair.key) && String(pair.key.value) === key);
}

/** The text of a scalar at a key, an alias followed; undefined for anything else. For recognising objects, never for writing. */
export function textAt({ document, node }: Located, key: string): string | undefined {
  const map = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(map)) return undefined;
  const value = pairOf(map, key)?.value;
  const scalar = isAlias(value) ? value.resolve(document) : value;
  return isScalar(scalar) ? String(scalar.value) : undefined;
}

/** Whether a map takes keys from elsewhere by `<<`. */
export function merges({ node }: Located): boolean {
  return isMap(node) && pairOf(node, '<<') !== undefined;
}

/** The anchor by which the node, or one above it, is used a second time. */
export function sharedBy({ document, above, node }: Located): string | undefined {
  const used = new Set<string>();
  visit(document, {
    Alias(_key, alias) {
      used.add(alias.source);
    },
  });
  return [...above, node]
    .map(one => (isAlias(one) ? undefined : one.anchor))
    .find(one => one !== undefined && used.has(one));
}

/** The text with the splices made, which do not overlap. */
export function spliced(text: string, splices: readonly Splice[]): string {
  let result = text;
  for (const { start, end, text: inserted } of [...splices].sort((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + inserted + result.slice(end);
  }
  return result;
}
