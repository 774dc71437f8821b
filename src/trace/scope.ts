/** Follows what a folder of manifests is made from: kustomize's resources, components, patches and generators, and Helm's value files and local charts. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { isWithin, outermost, resolvePath } from './path.ts';

/** The files of one commit; nothing outside of the repository can be named. */
export interface ManifestFiles {
  /** What is at each path, for those that are there and no links. */
  kindsOf(paths: readonly string[]): Promise<ReadonlyMap<string, 'file' | 'folder'>>;
  /** Text of the files that are there and not too large. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

const limits = { depth: 8, folders: 64, references: 128, paths: 16 } as const;

const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;
const chartName = 'Chart.yaml';

const texts = z
  .array(z.unknown())
  .catch([])
  .transform(items => items.filter(item => typeof item === 'string'));
const withPaths = z
  .array(z.object({ path: z.string() }).or(z.unknown().transform(() => undefined)))
  .catch([])
  .transform(items => items.flatMap(item => (item === undefined ? [] : [item.path])));
const generators = z
  .array(
    z
      .object({ files: texts, envs: texts, env: z.string().catch('') })
      .catch({ files: [], envs: [], env: '' }),
  )
  .catch([]);

const Kustomization = z.object({
  resources: texts,
  bases: texts,
  components: texts,
  crds: texts,
  configurations: texts,
  generators: texts,
  transformers: texts,
  validators: texts,
  patchesStrategicMerge: texts,
  patches: withPaths,
  patchesJson6902: withPaths,
  replacements: withPaths,
  configMapGenerator: generators,
  secretGenerator: generators,
  helmGlobals: z.object({ chartHome: z.string().catch('') }).catch({ chartHome: '' }),
  helmCharts: z
    .array(
      z
        .object({ valuesFile: z.string().catch(''), additionalValuesFiles: texts })
        .catch({ valuesFile: '', additionalValuesFiles: [] }),
    )
    .catch([]),
});

const Chart = z.object({
  dependencies: z.array(z.object({ repository: z.string().catch('') }).catch({ repository: '' })).catch([]),
});

/**
 * What the manifests at `roots` are made from besides, as paths outside of them. Bounded in depth and number: a scope that
 * was cut short undoes too little, never too much.
 */
export async function followScope(files: ManifestFiles, roots: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  let folders = [...roots];
  for (let depth = 0; depth < limits.depth && folders.length > 0; depth += 1) {
    const fresh = folders.filter(folder => !seen.has(folder)).slice(0, limits.folders - seen.size);
    for (const folder of fresh) seen.add(folder);
    const references = await referencesOf(files, fresh);
    const kinds = await files.kindsOf(references);
    found.push(...references.filter(path => kinds.has(path)));
    folders = references.filter(path => kinds.get(path) === 'folder');
  }
  const outside = found.filter(path => !roots.some(root => isWithin(root, path)));
  // A folder that holds a root would make the scope wider than what was traced.
  const beside = outside.filter(path => !roots.some(root => isWithin(path, root)));
  return outermost(beside).slice(0, limits.paths);
}

async function referencesOf(files: ManifestFiles, folders: readonly string[]): Promise<string[]> {
  const names = folders.flatMap(folder =>
    [...kustomizationNames, chartName].map(name => ({
      folder,
      name,
      path: resolvePath(folder, name) ?? name,
    })),
  );
  const texts = await files.read(names.map(({ path }) => path));
  const references = names.flatMap(({ folder, name, path }) => {
    const text = texts.get(path);
    if (text === undefined) return [];
    const own = name === chartName ? ofChart(text) : ofKustomization(text);
    return own.map(reference => (reference.startsWith('/') ? undefined : resolvePath(folder, reference)));
  });
  return [...new Set(references.filter(path => path !== undefined && path !== ''))]
    .filter(path => path !== undefined)
    .slice(0, limits.references);
}

function ofKustomization(text: string): string[] {
  const parsed = Kustomization.safeParse({ ...emptyKustomization, ...objectIn(text) });
  if (!parsed.success) return [];
  const { configMapGenerator, secretGenerator, helmGlobals, helmCharts, ...lists } = parsed.data;
  const generated = [...configMapGenerator, ...secretGenerator].flatMap(({ files, envs, env }) => [
    // A file may stand behind the key that it gets.
    ...files.map(file => file.slice(file.indexOf('=') + 1)),
    ...envs,
    env,
  ]);
  const charts = helmCharts.flatMap(chart => [chart.valuesFile, ...chart.additionalValuesFiles]);
  return [...Object.values(lists).flat(), ...generated, ...charts, helmGlobals.chartHome].filter(isLocal);
}

const emptyKustomization = Object.fromEntries(Object.keys(Kustomization.shape).map(key => [key, undefined]));

function ofChart(text: string): string[] {
  const parsed = Chart.safeParse({ dependencies: undefined, ...objectIn(text) });
  if (!parsed.success) return [];
  return parsed.data.dependencies
    .map(({ repository }) => repository)
    .filter(repository => repository.startsWith('file://'))
    .map(repository => repository.slice('file://'.length));
}

/** No URL, no patch written in place. */
function isLocal(reference: string): boolean {
  return reference !== '' && !/[\n?]|:\/\/|^[^/]+@|\.git\//u.test(reference) && reference.length <= 512;
}

/** Helm's templates and other text that is no YAML mapping say nothing. */
function objectIn(text: string): object {
  const document = parseDocument(text);
  if (document.errors.length > 0) return {};
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
