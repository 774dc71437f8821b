/** Image references as Kubernetes writes them: repository, tag and digest. */
import type { Version } from './edit.ts';

export interface ImageReference extends Version {
  readonly repository: string;
}

/** Grammar of the OCI distribution specification; undefined for anything else. */
const reference =
  /^((?:[A-Za-z0-9.-]+(?::\d{1,5})?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@([a-z0-9]+:[0-9a-f]{32,128}))?$/u;

export function imageReference(image: string): ImageReference | undefined {
  if (image.length > 512) return undefined;
  const [, repository, tag, digest] = reference.exec(image) ?? [];
  if (repository === undefined) return undefined;
  return {
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

export function withVersion(repository: string, { tag, digest }: Version): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
