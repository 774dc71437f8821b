/** Finds any value by its path in a file of values. */
import { isAlias } from 'yaml';
import { itemsOf, type Located, merges, rootOf, type Source, valueAt } from './document.ts';
import { EditRefused } from './refused.ts';
import { type Change, nameOf, replaceScalar } from './scalar.ts';

export function valueChanges(
  source: Source,
  { key, value }: { readonly key: string; readonly value: string },
): Change[] {
  const steps = keySteps(key);
  if (steps === undefined) throw new EditRefused(`${JSON.stringify(key)} is not a path such as image.tag`);
  const roots = source.documents.flatMap((_document, index) => rootOf(source, index) ?? []);
  const ends = roots.map(root => follow(root, steps));
  const found = ends.flatMap(end => (typeof end === 'string' ? [] : [end]));
  const [first] = found;
  if (found.length > 1) throw new EditRefused(`${found.length} documents of the file have ${key}`);
  if (first !== undefined) return [replaceScalar(first, value)];
  const [why] = ends;
  throw new EditRefused(roots.length === 1 && typeof why === 'string' ? why : `the file has no ${key}`);
}

/** The node at the end of the steps, or why there is none. */
function follow(root: Located, steps: readonly (string | number)[]): Located | string {
  let here = root;
  for (const step of steps) {
    const where = nameOf(here.path);
    if (isAlias(here.node))
      return `${where} is an alias (*${here.node.source}); write the value there itself`;
    const next = typeof step === 'number' ? itemsOf(here)[step] : valueAt(here, step);
    if (next === undefined) {
      const what = `${where === '' ? 'the file' : where} has no ${step}`;
      return merges(here) ? `${what} of its own, it takes fields from elsewhere (<<)` : what;
    }
    here = next;
  }
  return here;
}

/** `a.b[0]["c.d"]` as its steps; undefined for anything else. */
function keySteps(key: string): readonly (string | number)[] | undefined {
  const steps: (string | number)[] = [];
  const part = /(?:^|\.)([^.[\]"\s]+)|\[(\d{1,4})\]|\["([^"\\\p{Cc}]+)"\]/uy;
  while (part.lastIndex < key.length) {
    const match = part.exec(key);
    if (match === null) return undefined;
    const [, name, index, quoted] = match;
    steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
  }
  return steps.length === 0 ? undefined : steps;
}
