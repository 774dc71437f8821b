/** The annotation `config.kubernetes.io/origin`, by which kustomize says which file a resource comes from. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { isWithin, resolvePath } from './path.ts';

const originAnnotation = 'config.kubernetes.io/origin';
const longest = 2048;

const Origin = z.object({
  path: z.string().min(1).exactOptional(),
  /** Only for resources out of a remote base. */
  repo: z.string().min(1).exactOptional(),
  ref: z.string().min(1).exactOptional(),
});
export type Origin = z.infer<typeof Origin>;

/** Undefined where there is none, or none that can be read. The path is relative to the kustomization that was built. */
export function originIn(annotations: Readonly<Record<string, string>>): Origin | undefined {
  const text = annotations[originAnnotation];
  if (text === undefined || text.length > longest) return undefined;
  const document = parseDocument(text, { schema: 'failsafe' });
  if (document.errors.length > 0) return undefined;
  const parsed = Origin.safeParse(document.toJS({ maxAliasCount: 0 }));
  return parsed.success ? parsed.data : undefined;
}

/** The folder of the file that the workload comes from, where it lies in what was built from `base`; else `base`. */
export function narrowed(base: string, origin: Origin | undefined): string {
  const file = origin?.path === undefined ? undefined : resolvePath(base, origin.path);
  const folder = file === undefined ? undefined : resolvePath(file, '..');
  return folder !== undefined && isWithin(base, folder) ? folder : base;
}
