/** Finding a manifest that nobody speaks of. */
import { expect, test } from 'vitest';
import { type SearchedFiles, searchManifest } from './search.ts';

function repository(
  texts: Record<string, string>,
): SearchedFiles & { read: SearchedFiles['read']; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    list: async folders =>
      Object.keys(texts).filter(
        path => folders.length === 0 || folders.some(folder => path.startsWith(`${folder}/`)),
      ),
    kindsOf: async () => new Map(),
    async read(paths) {
      asked.push(...paths);
      return new Map(paths.map(path => [path, texts[path] ?? ''] as const));
    },
  };
}

function deployment(image = 'app:1.0.0', metadata = 'name: web'): string {
  return `kind: Deployment\nmetadata: {${metadata}}\nspec: {template: {spec: {containers: [{image: "${image}"}]}}}\n`;
}

const workload = { kind: 'Deployment', namespace: 'shop', name: 'web', images: ['app:1.1.0'] };
const base = {
  'base/web/kustomization.yaml': 'resources: [deployment.yaml]',
  'base/web/deployment.yaml': deployment('app'),
};

test.each<[string, Record<string, string>, string]>([
  ['the file that has it', { 'a.yaml': deployment(), 'b.yaml': deployment('app', 'name: other') }, 'a.yaml'],
  [
    'one of several documents',
    { 'all.yaml': `kind: Service\nmetadata: {name: web}\n---\n${deployment()}` },
    'all.yaml',
  ],
  [
    'JSON',
    { 'web.json': JSON.stringify({ kind: 'Deployment', metadata: { name: 'web' }, spec: {} }) },
    'web.json',
  ],
  [
    'its namespace',
    {
      'a.yaml': deployment('app', 'name: web, namespace: other'),
      'b.yaml': deployment('app', 'name: web, namespace: shop'),
    },
    'b.yaml',
  ],
  ['the image that runs', { 'a.yaml': deployment('app:1.0.0'), 'b.yaml': deployment('app:1.1.0') }, 'b.yaml'],
  [
    'the kustomization that builds it',
    { 'apps/web/kustomization.yaml': 'resources: [d.yaml]', 'apps/web/d.yaml': deployment() },
    'apps/web',
  ],
  [
    'the overlay of its namespace',
    {
      ...base,
      'staging/kustomization.yaml': 'namespace: staging\nresources: [../base/web]',
      'prod/kustomization.yaml': 'namespace: shop\nresources: [../base/web]',
    },
    'prod',
  ],
  [
    'the overlay with the image that runs',
    {
      ...base,
      'staging/kustomization.yaml': 'resources: [../base/web]\nimages: [{name: app, newTag: 1.2.0}]',
      'prod/kustomization.yaml': 'resources: [../base/web]\nimages: [{name: app, newTag: 1.1.0}]',
    },
    'prod',
  ],
  [
    'the outermost of nested builds',
    {
      ...base,
      'all/kustomization.yaml': 'resources: [../web]',
      'web/kustomization.yaml': 'resources: [../base/web]',
    },
    'all',
  ],
])('finds it by %s', async (_what, texts, path) => {
  expect(await searchManifest(repository(texts), workload, [])).toEqual({
    told: true,
    sources: [
      {
        paths: [path],
        confidence: 'Low',
        evidence: `somebody who left no mark: Deployment shop/web was found in ${path}`,
      },
    ],
  });
});

test.each<[string, Record<string, string>, string]>([
  ['it is nowhere', { 'a.yaml': 'kind: Service\nmetadata: {name: web}' }, 'is in none of the 1 files'],
  ['there are no files', {}, 'is in none of the 0 files'],
  [
    'it is there twice',
    { 'a/x.yaml': deployment(), 'b/x.yaml': deployment() },
    'is in a/x.yaml and in b/x.yaml',
  ],
  [
    'two overlays fit',
    {
      ...base,
      'a/kustomization.yaml': 'resources: [../base/web]',
      'b/kustomization.yaml': 'resources: [../base/web]',
    },
    'is in none',
  ],
  [
    'it is a template of Helm',
    { 'templates/web.yaml': '{{ if .Values.web }}\nkind: Deployment\nmetadata: {name: web' },
    'is in none',
  ],
  [
    'it is a bomb of aliases',
    { 'web.yaml': `a: &a [${'web,'.repeat(99)}]\nb: [${'*a,'.repeat(200)}]` },
    'is in none',
  ],
])('tells nothing where %s', async (_what, texts, why) => {
  const trace = await searchManifest(repository(texts), workload, []);
  expect(trace).toMatchObject({ told: false, why: expect.stringContaining(why) });
});

test('in a large repository it reads a bounded number of files, the likely ones first', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, index) => [
      `apps/app-${index}/deployment.yaml`,
      deployment('app', `name: app-${index}`),
    ]),
  );
  const files = repository({ ...many, 'teams/shop/web/deployment.yaml': deployment() });
  expect(await searchManifest(files, workload, [])).toMatchObject({
    sources: [{ paths: ['teams/shop/web/deployment.yaml'] }],
  });
  expect(files.asked).toHaveLength(256);
});
