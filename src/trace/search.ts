/** Looks for a workload's manifest in the repository, where nobody says where it is: by kind, name, namespace and image. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { evidenceOf, notTold } from './agent-object.ts';
import { isWithin } from './path.ts';
import type { AppliedWorkload, Trace } from './port.ts';
import { followScope, type ManifestFiles } from './scope.ts';

/** The files of one commit. */
export interface SearchedFiles extends ManifestFiles {
  /** Every file below the folders; all files where there are none. */
  list(folders: readonly string[]): Promise<readonly string[]>;
}

export interface SearchedWorkload extends Pick<AppliedWorkload, 'kind' | 'namespace' | 'name'> {
  /** Images of its containers as they run. */
  readonly images: readonly string[];
}

const limits = { files: 256, documents: 64, shown: 3 } as const;

const Manifest = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  spec: z.unknown(),
});
const Containers = z.object({
  template: z.object({
    spec: z.object({ containers: z.array(z.object({ image: z.string().default('') })) }),
  }),
});
const Kustomization = z.object({
  namespace: z.string().default(''),
  images: z
    .array(
      z.object({
        name: z.string(),
        newName: z.string().optional(),
        newTag: z.coerce.string().optional(),
        digest: z.string().optional(),
      }),
    )
    .catch([]),
});

interface Found {
  readonly file: string;
  readonly images: readonly string[];
}

interface Build {
  readonly folder: string;
  readonly kustomization: z.infer<typeof Kustomization>;
  /** The folder with what it is made from. */
  readonly scope: readonly string[];
}

/**
 * The manifest's file, or the folder of the one kustomization that builds it for this namespace and with these images.
 * Reads at most `limits.files` files below the folders, those first whose paths are most like the workload's names.
 */
export async function searchManifest(
  files: SearchedFiles,
  workload: SearchedWorkload,
  folders: readonly string[],
): Promise<Trace> {
  const { kind, namespace, name } = workload;
  const all = (await files.list(folders)).filter(path => /\.(ya?ml|json)$|(^|\/)Kustomization$/u.test(path));
  const chosen = all
    .map(path => ({ path, score: likeness(path, workload) }))
    .toSorted((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
    .slice(0, limits.files);
  const texts = await files.read(chosen.map(({ path }) => path));
  const found = [...texts].flatMap(([file, text]) => manifestsIn(file, text, workload));
  const builds = found.length === 0 ? [] : await buildsOf(texts, all);
  const candidates = new Map<string, number>();
  for (const manifest of found) {
    const { path, rank } = placeFor(manifest, builds, workload);
    if (path !== undefined) candidates.set(path, Math.max(rank, candidates.get(path) ?? 0));
  }
  const best = Math.max(...candidates.values());
  const places = [...candidates].filter(([, rank]) => rank === best).map(([path]) => path);
  const what = `${kind} ${namespace}/${name}`;
  const [path, ...others] = places;
  if (path === undefined)
    return notTold(`${what} is in none of the ${chosen.length} files that were searched`);
  if (others.length > 0) return notTold(`${what} is in ${places.slice(0, limits.shown).join(' and in ')}`);
  const evidence = evidenceOf(`somebody who left no mark: ${what} was found in ${path}`);
  return { told: true, sources: [{ paths: [path], confidence: 'Low', evidence }] };
}

function likeness(path: string, { kind, namespace, name }: SearchedWorkload): number {
  const segments = path.toLowerCase().split('/');
  const last = segments.at(-1) ?? '';
  const words: readonly [string, number][] = [
    [name, 4],
    [namespace, 2],
  ];
  let score = last.startsWith('kustomization') || last.includes(kind.toLowerCase()) ? 1 : 0;
  for (const [word, weight] of words) {
    if (segments.includes(word)) score += weight;
    else if (path.toLowerCase().includes(word)) score += weight / 2;
  }
  return score;
}

/** Templates of Helm are no YAML and say nothing. */
function objectsIn(text: string): unknown[] {
  try {
    const documents = parseAllDocuments(text);
    if (!Array.isArray(documents)) return [];
    return documents
      .slice(0, limits.documents)
      .filter(({ errors }) => errors.length === 0)
      .map((document): unknown => document.toJS({ maxAliasCount: 100 }));
  } catch {
    return [];
  }
}

function manifestsIn(file: string, text: string, workload: SearchedWorkload): Found[] {
  // Parsing is most of what a search costs.
  if (!text.includes(workload.name)) return [];
  return objectsIn(text).flatMap(object => {
    const manifest = Manifest.safeParse(object);
    if (!manifest.success || manifest.data.kind !== workload.kind) return [];
    const { name, namespace = workload.namespace } = manifest.data.metadata;
    if (name !== workload.name || namespace !== workload.namespace) return [];
    const containers = Containers.safeParse(manifest.data.spec);
    const images = containers.success
      ? containers.data.template.spec.containers.map(({ image }) => image)
      : [];
    return [{ file, images }];
  });
}

async function buildsOf(texts: ReadonlyMap<string, string>, all: readonly string[]): Promise<Build[]> {
  const known = inMemory(texts, all);
  const builds: Build[] = [];
  for (const [path, text] of texts) {
    const folder = /^(?:(.*)\/)?(?:kustomization\.ya?ml|Kustomization)$/u.exec(path);
    if (folder === null) continue;
    const parsed = Kustomization.safeParse(objectsIn(text)[0] ?? {});
    const own = folder[1] ?? '';
    if (parsed.success)
      builds.push({
        folder: own,
        kustomization: parsed.data,
        scope: [own, ...(await followScope(known, [own]))],
      });
  }
  return builds;
}

function inMemory(texts: ReadonlyMap<string, string>, all: readonly string[]): ManifestFiles {
  const folders = new Set<string>();
  for (const path of all) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      folders.add(path.slice(0, end));
  }
  const names = new Set(all);
  return {
    async kindsOf(paths) {
      const kinds = new Map<string, 'file' | 'folder'>();
      for (const path of paths) {
        if (names.has(path)) kinds.set(path, 'file');
        else if (folders.has(path)) kinds.set(path, 'folder');
      }
      return kinds;
    },
    read: async paths =>
      new Map(paths.flatMap(path => (texts.has(path) ? [[path, texts.get(path) ?? ''] as const] : []))),
  };
}

/** The outermost build of the manifest that fits, ranked: the images that run say most, then the namespace. */
function placeFor(
  { file, images }: Found,
  builds: readonly Build[],
  workload: SearchedWorkload,
): { path: string | undefined; rank: number } {
  const having = builds.filter(({ scope }) => scope.some(path => isWithin(path, file)));
  const runs = (wanted: readonly string[]): boolean => wanted.some(image => workload.images.includes(image));
  if (having.length === 0) return { path: file, rank: runs(images) ? 3 : 1 };
  const ranked = having
    .filter(({ kustomization }) => ['', workload.namespace].includes(kustomization.namespace))
    .map(build => {
      const built = images.map(image => rewritten(image, build.kustomization.images));
      const rank = (runs(built) ? 2 : 0) + (build.kustomization.namespace === '' ? 0 : 1);
      return { build, rank };
    });
  const best = Math.max(...ranked.map(({ rank }) => rank));
  const top = ranked.filter(({ rank }) => rank === best).map(({ build }) => build);
  // A build inside of another one's scope is a part of it.
  const outer = top.filter(
    one => !top.some(other => other !== one && other.scope.some(path => isWithin(path, one.folder))),
  );
  const [only] = outer;
  return { path: outer.length === 1 ? only?.folder : undefined, rank: best + 1 };
}

/** As kustomize's image transformer does it. */
function rewritten(image: string, changes: z.infer<typeof Kustomization>['images']): string {
  const [, name = image, rest = ''] = /^(.+?)((?::[^/:@]+)?(?:@.+)?)$/u.exec(image) ?? [];
  const change = changes.find(one => one.name === name);
  if (change === undefined) return image;
  const { newName = name, newTag, digest } = change;
  if (digest !== undefined) return `${newName}@${digest}`;
  return newTag === undefined ? `${newName}${rest}` : `${newName}:${newTag}`;
}
