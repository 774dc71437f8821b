/** Finds a container's image in a file of manifests. */
import { isScalar } from 'yaml';
import { itemsOf, type Located, rootOf, type Source, textAt, valueAt } from './document.ts';
import type { Version } from './edit.ts';
import { imageReference, withVersion } from './image.ts';
import { EditRefused } from './refused.ts';
import { type Change, nameOf, replaceScalar } from './scalar.ts';

/** Where the kinds of Kubernetes, and those which are made like them, keep their pods' spec. */
const podSpecs = [
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ['spec'],
] as const;

export function containerChanges(
  source: Source,
  wanted: {
    readonly objectKind: string;
    readonly name: string;
    readonly container: string;
    readonly version: Version;
  },
): Change[] {
  const { objectKind, name, container, version } = wanted;
  const objects = source.documents.flatMap((_document, index) => {
    const root = rootOf(source, index);
    const metadata = root === undefined ? undefined : at(root, ['metadata']);
    const matches =
      root !== undefined &&
      textAt(root, 'kind') === objectKind &&
      metadata !== undefined &&
      textAt(metadata, 'name') === name;
    return matches ? [root] : [];
  });
  const [object] = objects;
  if (object === undefined) throw new EditRefused(`the file holds no ${objectKind} ${name}`);
  if (objects.length > 1)
    throw new EditRefused(`the file holds ${objects.length} objects ${objectKind} ${name}`);
  const containers = podSpecs
    .flatMap(steps => ['containers', 'initContainers'].flatMap(key => at(object, [...steps, key]) ?? []))
    .flatMap(itemsOf)
    .filter(item => textAt(item, 'name') === container);
  const [only] = containers;
  if (only === undefined || containers.length > 1) {
    throw new EditRefused(
      `${objectKind} ${name} has ${containers.length} containers named ${container}; one is needed`,
    );
  }
  const image = valueAt(only, 'image');
  if (image === undefined) throw new EditRefused(`${nameOf(only.path)} has no image of its own`);
  const old =
    isScalar(image.node) && typeof image.node.value === 'string'
      ? imageReference(image.node.value)
      : undefined;
  // What is no plain reference, an alias for one, is told by the one that would have to replace it.
  if (old === undefined && isScalar(image.node)) {
    throw new EditRefused(`${nameOf(image.path)} is not an image`);
  }
  return [replaceScalar(image, withVersion(old?.repository ?? container, version))];
}

function at(located: Located, steps: readonly string[]): Located | undefined {
  let here: Located | undefined = located;
  for (const step of steps) here = here === undefined ? undefined : valueAt(here, step);
  return here;
}
