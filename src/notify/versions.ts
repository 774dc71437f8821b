/** The images of two revisions as people read a release: `podinfo 6.1.0 → 6.2.0`, unchanged sidecars left out. */

interface Image {
  readonly full: string;
  readonly repository: string;
  readonly version: string;
}

/** One line per image that differs; a line per image where none does (a change of configuration only). */
export function versionChange(fromImages: readonly string[], toImages: readonly string[]): string[] {
  const before = fromImages.map(parse);
  const lines: string[] = [];
  for (const image of toImages.map(parse)) {
    const old = take(before, image);
    if (old === undefined) {
      lines.push(`${shortName(image.repository)} ${image.version}`);
    } else if (old.repository !== image.repository) {
      lines.push(`${old.full} → ${image.full}`);
    } else if (old.version !== image.version) {
      lines.push(`${shortName(image.repository)} ${old.version} → ${image.version}`);
    }
  }
  if (lines.length === 0 && before.length === 0) {
    return toImages.map(image => `${shortName(parse(image).repository)} ${parse(image).version} (unchanged)`);
  }
  return [...lines, ...before.map(gone => `${shortName(gone.repository)} ${gone.version} removed`)];
}

/** Removes and answers the image's predecessor: the same repository first, else the same last path segment. */
function take(images: Image[], image: Image): Image | undefined {
  const same = images.findIndex(other => other.repository === image.repository);
  const name = shortName(image.repository);
  const index = same >= 0 ? same : images.findIndex(other => shortName(other.repository) === name);
  return index < 0 ? undefined : images.splice(index, 1)[0];
}

function parse(full: string): Image {
  const [named = '', digest] = full.split('@', 2);
  // A colon before the last slash is the registry's port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? [] : [named.slice(colon + 1)];
  // Both where both are given: a tag that was moved is a new version too.
  const parts = digest === undefined ? tag : [...tag, shortDigest(digest)];
  return { full, repository, version: parts.length === 0 ? 'latest' : parts.join('@') };
}

function shortDigest(digest: string): string {
  return digest.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]+$/u, '$1');
}

function shortName(repository: string): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}
