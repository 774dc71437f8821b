/** Finds the version of an image in a kustomization. */
import { isAlias, isMap, isScalar } from 'yaml';
import { itemsOf, type Located, merges, pairOf, rootOf, type Source, textAt, valueAt } from './document.ts';
import type { Version } from './edit.ts';
import { EditRefused } from './refused.ts';
import { type Change, checked, nameOf, plain, rangeOf, replaceScalar } from './scalar.ts';

/**
 * `newTag` and `digest` of the entry whose `name` is `image`. Where the entry has the part that is not to be written, it is
 * refused: what kustomize makes of both depends on its release.
 */
export function kustomizeChanges(
  source: Source,
  { image, version }: { readonly image: string; readonly version: Version },
): Change[] {
  const entry = entryOf(source, image);
  const where = nameOf(entry.path);
  const wanted = [
    { key: 'newTag', value: version.tag },
    { key: 'digest', value: version.digest },
  ];
  const stale = wanted.find(({ key, value }) => value === undefined && textAt(entry, key) !== undefined);
  if (stale !== undefined) {
    throw new EditRefused(`${where} has a ${stale.key} too; write TagAndDigest, or take it out`);
  }
  if (merges(entry)) throw new EditRefused(`${where} takes fields from elsewhere (<<)`);
  const present = wanted.flatMap(({ key, value }) => {
    const located = value === undefined ? undefined : valueAt(entry, key);
    return value === undefined || located === undefined ? [] : [replaceScalar(located, value)];
  });
  const missing = wanted.flatMap(({ key, value }) =>
    value === undefined || valueAt(entry, key) !== undefined ? [] : [{ key, value }],
  );
  return [...present, ...(missing.length === 0 ? [] : addKeys(source, entry, missing))];
}

function entryOf(source: Source, image: string): Located {
  const roots = source.documents.flatMap((_document, index) => {
    const root = rootOf(source, index);
    const kind = root === undefined ? undefined : textAt(root, 'kind');
    return root !== undefined && isMap(root.node) && [undefined, 'Kustomization', 'Component'].includes(kind)
      ? [root]
      : [];
  });
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw new EditRefused(`the file holds ${roots.length} kustomizations; one is needed`);
  }
  const images = valueAt(root, 'images');
  const entries = (images === undefined ? [] : itemsOf(images)).filter(
    item => textAt(item, 'name') === image,
  );
  const [entry] = entries;
  if (entry === undefined) throw new EditRefused(`images has no entry with the name ${image}; add one`);
  if (entries.length > 1)
    throw new EditRefused(`images has ${entries.length} entries with the name ${image}`);
  if (isAlias(entry.node)) {
    throw new EditRefused(
      `${nameOf(entry.path)} is an alias (*${entry.node.source}); write the entry there itself`,
    );
  }
  return entry;
}

/** Puts keys behind the last of the entry's own keys about the image, in the way in which that one is written. */
function addKeys(
  { text }: Source,
  entry: Located,
  missing: readonly { readonly key: string; readonly value: string }[],
): Change[] {
  const { node, path } = entry;
  const last = lastScalar(entry);
  const fields = missing.map(({ key, value }) => `${key}: ${plain(checked(value))}`);
  const changes = missing.map(({ key, value }) => ({ path: [...path, key], value }));
  const put = (at: number, inserted: string): Change[] =>
    changes.map((change, index) =>
      index === 0 ? { ...change, splice: { start: at, end: at, text: inserted } } : change,
    );
  if (isMap(node) && node.flow === true) return put(last.end, fields.map(field => `, ${field}`).join(''));
  const lineStart = text.lastIndexOf('\n', last.keyAt - 1) + 1;
  const indent = /^\uFEFF?([ -]*)$/u.exec(text.slice(lineStart, last.keyAt))?.[1];
  const rest = /^[^\S\r\n]*(#[^\r\n]*)?(?=\r?\n|$)/u.exec(text.slice(last.end));
  if (indent === undefined || rest === null) throw unaddable(entry, missing);
  const at = last.end + rest[0].length;
  const lineEnd = /\r?\n/u.exec(text.slice(at))?.[0] ?? /\r?\n/u.exec(text)?.[0] ?? '\n';
  return put(at, fields.map(field => `${lineEnd}${' '.repeat(indent.length)}${field}`).join(''));

  function lastScalar({ node: map }: Located): { readonly keyAt: number; readonly end: number } {
    const pairs = isMap(map)
      ? ['name', 'newName', 'newTag', 'digest'].flatMap(name => pairOf(map, name) ?? [])
      : [];
    const ends = pairs.map(({ key, value }) => ({
      keyAt: isScalar(key) ? rangeOf(key)[0] : 0,
      start: isScalar(value) ? rangeOf(value)[0] : 0,
      end: isScalar(value) ? rangeOf(value)[1] : 0,
      oneLine: isScalar(value) && value.type !== 'BLOCK_FOLDED' && value.type !== 'BLOCK_LITERAL',
    }));
    const found = ends.toSorted((a, b) => a.keyAt - b.keyAt).at(-1);
    if (found === undefined || !found.oneLine || found.start === found.end) throw unaddable(entry, missing);
    return found;
  }
}

function unaddable({ path }: Located, missing: readonly { readonly key: string }[]): EditRefused {
  return new EditRefused(`${nameOf(path)} has no ${missing[0]?.key ?? 'field'}; add one with any value`);
}
