/** What manifests are made from besides their own folder. */
import { expect, test } from 'vitest';
import { followScope, type ManifestFiles } from './scope.ts';

/** A repository as files by their paths; counts what is read. */
function repository(files: Record<string, string>): ManifestFiles & { reads: number } {
  const kindOf = (path: string): 'file' | 'folder' | undefined => {
    if (Object.hasOwn(files, path)) return 'file';
    return Object.keys(files).some(file => file.startsWith(`${path}/`)) ? 'folder' : undefined;
  };
  const made = {
    reads: 0,
    async kindsOf(paths: readonly string[]) {
      return new Map(
        paths.flatMap(path => (kindOf(path) === undefined ? [] : [[path, kindOf(path) ?? 'file'] as const])),
      );
    },
    async read(paths: readonly string[]) {
      made.reads += paths.length;
      return new Map(
        paths.flatMap(path => (files[path] === undefined ? [] : [[path, files[path]] as const])),
      );
    },
  };
  return made;
}

const kustomization = 'apps/web/prod/kustomization.yaml';

test.each<[string, Record<string, string>, string[]]>([
  ['nothing but itself', { 'apps/web/prod/deployment.yaml': 'kind: Deployment' }, []],
  [
    'a base and its own base',
    {
      [kustomization]: 'resources: [../base, deployment.yaml]',
      'apps/web/base/kustomization.yaml': 'resources: [../../../shared/base]',
      'shared/base/kustomization.yml': 'resources: [deployment.yaml]',
    },
    ['apps/web/base', 'shared/base'],
  ],
  [
    'components, patches and everything that has a path',
    {
      [kustomization]: [
        'components: [../../../components/tls]',
        'patches: [{path: ../patches/a.yaml}, {patch: "- op: add"}]',
        'patchesStrategicMerge: [../patches/b.yaml, "kind: Deployment\\nmetadata: {name: x}"]',
        'replacements: [{path: ../patches/c.yaml}, {source: {}}]',
        'transformers: [../patches/d.yaml]',
      ].join('\n'),
      'components/tls/kustomization.yaml': 'kind: Component',
      'apps/web/patches/a.yaml': '',
      'apps/web/patches/b.yaml': '',
      'apps/web/patches/c.yaml': '',
      'apps/web/patches/d.yaml': '',
    },
    [
      'apps/web/patches/b.yaml',
      'components/tls',
      'apps/web/patches/d.yaml',
      'apps/web/patches/a.yaml',
      'apps/web/patches/c.yaml',
    ],
  ],
  [
    'generators and value files',
    {
      [kustomization]: [
        'configMapGenerator: [{name: a, files: [app.conf=../config/app.conf, own.conf], envs: [../config/a.env]}]',
        'secretGenerator: [{name: b, env: ../config/b.env}]',
        'helmCharts: [{name: web, valuesFile: ../values/web.yaml, additionalValuesFiles: [../values/prod.yaml]}]',
        'helmGlobals: {chartHome: ../../../charts}',
      ].join('\n'),
      'apps/web/config/app.conf': '',
      'apps/web/config/a.env': '',
      'apps/web/config/b.env': '',
      'apps/web/values/web.yaml': '',
      'apps/web/values/prod.yaml': '',
      'charts/web/Chart.yaml': 'name: web',
    },
    [
      'apps/web/config/app.conf',
      'apps/web/config/a.env',
      'apps/web/config/b.env',
      'apps/web/values/web.yaml',
      'apps/web/values/prod.yaml',
      'charts',
    ],
  ],
  [
    'a chart that another one lies beside',
    {
      'apps/web/prod/Chart.yaml':
        'dependencies: [{name: common, repository: "file://../../../charts/common"}, {repository: https://charts.example.com}]',
      'charts/common/Chart.yaml': 'name: common',
    },
    ['charts/common'],
  ],
  [
    'what is remote, missing, absolute or outside of the repository',
    {
      [kustomization]:
        'resources: ["https://example.com/base", "github.com/acme/base?ref=v1", "git@example.com:acme/x", ../../../../../etc, /etc/passwd, ../missing]',
      'etc/passwd': '',
    },
    [],
  ],
  [
    'a folder above, which would be wider than what was traced',
    { [kustomization]: 'resources: [../..]', 'apps/a.yaml': '' },
    [],
  ],
  ['text that is no YAML', { [kustomization]: '{{ if .Values.x }}: [' }, []],
  [
    'lists that are none',
    { [kustomization]: 'resources: web\ncomponents: {a: b}\npatches: 7\nhelmCharts: [1]' },
    [],
  ],
])('%s', async (_what, files, expected) => {
  const own = { ...files, 'apps/web/prod/x.yaml': '' };
  const found = await followScope(repository(own), ['apps/web/prod']);
  expect(found.toSorted()).toEqual(expected.toSorted());
});

test('circles, long chains and wide trees end', async () => {
  const circle = {
    'a/kustomization.yaml': 'resources: [../b]',
    'b/kustomization.yaml': 'resources: [../a, ../c]',
    'c/kustomization.yaml': 'resources: [../b]',
  };
  expect(await followScope(repository(circle), ['a'])).toEqual(['b', 'c']);
  const chain = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [
      `d${index}/kustomization.yaml`,
      `resources: [../d${index + 1}]`,
    ]),
  );
  expect(await followScope(repository(chain), ['d0'])).toHaveLength(8);
  const names = Array.from({ length: 5_000 }, (_, index) => `w${index}`);
  const wide = repository({
    'root/kustomization.yaml': `resources: [${names.map(name => `../${name}`).join(', ')}]`,
    ...Object.fromEntries(names.map(name => [`${name}/kustomization.yaml`, 'resources: []'])),
  });
  expect(await followScope(wide, ['root'])).toHaveLength(16);
  expect(wide.reads).toBeLessThan(500);
});

test('a bomb of aliases is no list', async () => {
  const bomb = `a: &a [${'x,'.repeat(50)}x]\nb: &b [${'*a,'.repeat(50)}*a]\nresources: [${'*b,'.repeat(50)}*b]`;
  expect(await followScope(repository({ 'web/kustomization.yaml': bomb }), ['web'])).toEqual([]);
});
