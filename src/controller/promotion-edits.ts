/** The edits of a promotion: what each update of a target writes, from the images that passed. */
import type { PromotionTarget } from '../api/promotion.ts';
import type { Version } from '../git/edit/edit.ts';
import { type ImageReference, imageReference, withVersion } from '../git/edit/image.ts';
import type { FileEdit } from '../git/promotion.ts';

type Update = PromotionTarget['updates'][number];

/** Images by container: `written` in the pod template, `running` what the pods' status says of them, every pod's. */
export interface PassedImages {
  readonly written: Readonly<Record<string, string>>;
  readonly running: Readonly<Record<string, readonly string[]>>;
}

/** Why an edit cannot be made from these images, for people. */
class ImageUnknown extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ImageUnknown';
  }
}

/** Whether the digest of what runs has to be looked up. */
export function needsDigest(
  { updates }: PromotionTarget,
  written: Readonly<Record<string, string>>,
): boolean {
  return updates.some(
    update =>
      update.write !== 'Tag' &&
      imageReference(written[containerOf(update, written)] ?? '')?.digest === undefined,
  );
}

/** Throws `ImageUnknown`. */
export function editsOf({ updates }: PromotionTarget, images: PassedImages): FileEdit[] {
  return updates.map((update): FileEdit => {
    const container = containerOf(update, images.written);
    const image = passedImage(container, images, update.write !== 'Tag');
    const version = versionOf(update, container, image);
    const { kustomize, yaml, manifest } = update;
    if (kustomize !== undefined)
      return { path: kustomize.path, edit: { kind: 'kustomize', image: kustomize.image, version } };
    if (manifest !== undefined) {
      const { path, kind: objectKind, name } = manifest;
      return { path, edit: { kind: 'container', objectKind, name, container: manifest.container, version } };
    }
    const { path = '', key = '' } = yaml ?? {};
    return { path, edit: { kind: 'value', key, value: scalarOf(update, image, version) } };
  });
}

function scalarOf({ write }: Update, image: ImageReference, { tag, digest }: Version): string {
  if (write === 'Image') return withVersion(image.repository, image);
  return tag === undefined || digest === undefined ? (tag ?? digest ?? '') : `${tag}@${digest}`;
}

function versionOf({ write }: Update, container: string, { tag, digest }: ImageReference): Version {
  if (write === 'Digest') return digest === undefined ? {} : { digest };
  if (tag === undefined && write !== 'Image')
    throw new ImageUnknown(`the image of container ${container} has no tag; let write be Digest`);
  return {
    ...(tag === undefined ? {} : { tag }),
    ...(write === 'Tag' || digest === undefined ? {} : { digest }),
  };
}

/** The image with the digest that all pods run, where it is asked for. */
function passedImage(
  container: string,
  { written, running }: PassedImages,
  withDigest: boolean,
): ImageReference {
  const image = imageReference(written[container] ?? '');
  if (image === undefined)
    throw new ImageUnknown(`the image of container ${container} is not a plain reference`);
  if (!withDigest || image.digest !== undefined) return image;
  const ids = [...new Set(running[container] ?? [])];
  const digests = [...new Set(ids.map(id => /@(sha256:[0-9a-f]{64})$/u.exec(id)?.[1]))];
  const [digest] = digests;
  if (digests.length > 1)
    throw new ImageUnknown(
      `the primary's pods run different images in container ${container}; its tag may have moved`,
    );
  if (digest === undefined)
    throw new ImageUnknown(
      ids.length === 0
        ? `no pod of the primary tells which image container ${container} runs`
        : `the primary's pods do not tell the registry's digest of container ${container} (${ids[0] ?? ''}); let write be Tag`,
    );
  return { ...image, digest };
}

/** The named one, the only one, or the one that bears the edit's own name. */
function containerOf(
  { fromContainer, kustomize, manifest }: Update,
  written: Readonly<Record<string, string>>,
): string {
  const names = Object.keys(written);
  const [only] = names;
  const wanted = fromContainer ?? manifest?.container;
  if (wanted !== undefined && written[wanted] !== undefined) return wanted;
  if (fromContainer !== undefined) throw new ImageUnknown(`the target has no container ${fromContainer}`);
  if (only !== undefined && names.length === 1) return only;
  const same = names.filter(name => imageReference(written[name] ?? '')?.repository === kustomize?.image);
  const [match] = same;
  if (kustomize !== undefined && match !== undefined && same.length === 1) return match;
  throw new ImageUnknown(`the target has the containers ${names.join(', ')}; say fromContainer`);
}
