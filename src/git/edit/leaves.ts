/** Everything that a file says, in order, so that two readings of it can be compared. */
import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Source } from './document.ts';

export interface Leaf {
  /** JSON of the index of the document, keys and indexes. */
  readonly path: string;
  /** All that makes up the node: kind, tag, anchor, type and value. Comments have no leaf: a splice leaves them where they are. */
  readonly content: string;
  /** The value of a scalar that is text. */
  readonly text?: string;
}

export function leavesOf({ documents }: Source): Leaf[] {
  const leaves: Leaf[] = [];
  for (const [index, document] of documents.entries()) {
    leaves.push({
      path: `directives ${index}`,
      content: String(document.directives.docStart),
    });
    walk(document.contents, [index], leaves);
  }
  return leaves;
}

function walk(node: unknown, path: readonly (string | number)[], leaves: Leaf[]): void {
  const at = JSON.stringify(path);
  if (!isNode(node)) {
    leaves.push({ path: at, content: 'nothing' });
    return;
  }
  if (isAlias(node)) {
    leaves.push({ path: at, content: JSON.stringify(['alias', node.source]) });
  } else if (isScalar(node)) {
    const { value, tag, anchor } = node;
    const content = JSON.stringify(['scalar', tag, anchor, typeof value, String(value), node.source]);
    leaves.push({ path: at, content, ...(typeof value === 'string' ? { text: value } : {}) });
  } else if (isSeq(node)) {
    leaves.push({ path: at, content: JSON.stringify(['list', node.tag, node.anchor]) });
    for (const [index, item] of node.items.entries()) walk(item, [...path, index], leaves);
  } else if (isMap(node)) {
    leaves.push({ path: at, content: JSON.stringify(['map', node.tag, node.anchor]) });
    for (const [index, { key, value }] of node.items.entries()) {
      const name = isScalar(key) ? String(key.value) : `?${index}`;
      // A key as everybody writes it is said by the path of its value.
      if (!isScalar(key) || key.anchor !== undefined || key.tag !== undefined)
        walk(key, [...path, '?', name], leaves);
      walk(value, [...path, name], leaves);
    }
  }
}
