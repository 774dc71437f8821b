/** From an Application's sources to places in Git. */
import { expect, test } from 'vitest';
import { ApplicationObject } from './argocd-objects.ts';
import { tracedSources } from './argocd-source.ts';

const one = 'a'.repeat(40);
const two = 'b'.repeat(40);
const url = 'https://git.example.com/acme/manifests.git';
const other = 'https://git.example.com/acme/values.git';

function told(
  spec: object,
  revisions: string[],
  annotations: Record<string, string> = {},
  status: object = {},
) {
  const application = ApplicationObject.parse({ metadata: { annotations }, spec, status });
  return tracedSources('Application argocd/web', application, {
    revision: revisions[0] ?? '',
    revisions,
  });
}

const app = { repoURL: url, targetRevision: 'main', path: 'apps/web' };
const values = { repoURL: other, targetRevision: 'main', ref: 'values' };
const chart = { repoURL: 'https://charts.example.com', chart: 'web', targetRevision: '1.2.3' };

function withValues(source: object, ...valueFiles: string[]): object {
  return { ...source, helm: { valueFiles } };
}

test.each<[string, object, string[], object[]]>([
  [
    'two folders of one repository are one place',
    { sources: [app, { ...app, path: 'apps/shared' }] },
    [one, one],
    [{ url, paths: ['apps/web', 'apps/shared'], commit: one, confidence: 'High' }],
  ],
  [
    'two repositories are two places',
    { sources: [app, { ...app, repoURL: other }] },
    [one, two],
    [
      { url, commit: one, confidence: 'Medium' },
      { url: other, commit: two, confidence: 'Medium' },
    ],
  ],
  [
    'a chart with values from Git comes from the files of values',
    { sources: [withValues(chart, '$values/web/prod.yaml', '$values/common.yaml'), values] },
    ['1.2.3', two],
    [{ url: other, paths: ['web/prod.yaml', 'common.yaml'], commit: two, confidence: 'Medium' }],
  ],
  [
    'a chart in Git with values beside it',
    {
      source: withValues(
        { ...app, path: 'charts/web' },
        'values-prod.yaml',
        '../../values/web.yaml',
        '/common.yaml',
      ),
    },
    [one],
    [{ paths: ['charts/web', 'values/web.yaml', 'common.yaml'], confidence: 'High' }],
  ],
  [
    'values from a server are no part of Git',
    { source: withValues(app, 'https://example.com/values.yaml') },
    [one],
    [{ paths: ['apps/web'], confidence: 'Medium' }],
  ],
  [
    'a plugin may read anything',
    { source: { ...app, plugin: { name: 'cdk8s' } } },
    [one],
    [{ paths: ['apps/web'], confidence: 'Medium' }],
  ],
  ['the root of the repository', { source: { ...app, path: '.' } }, [one], [{ paths: [''] }]],
  [
    'a value file that would lie outside of the repository',
    { source: withValues(app, '../../../etc/passwd') },
    [one],
    [{ paths: ['apps/web'], confidence: 'Medium' }],
  ],
])('%s', (_what, spec, revisions, expected) => {
  const trace = told(spec, revisions);
  expect(trace).toMatchObject({ told: true, sources: expected });
});

test('a source that lends its files to nobody tells nothing', () => {
  expect(told({ sources: [chart, values] }, ['1.2.3', two])).toMatchObject({ told: false });
});

test('manifest-generate-paths adds what is shared', () => {
  const annotations = {
    'argocd.argoproj.io/manifest-generate-paths': '.;../base;/shared/*/secret.yaml;/../x',
  };
  expect(told({ source: app }, [one], annotations)).toMatchObject({
    sources: [{ paths: ['apps/web', 'apps/base', 'shared'] }],
  });
});

const drySource = { repoURL: url, targetRevision: 'main', path: 'apps/web' };
const spec = { sourceHydrator: { drySource, syncSource: { targetBranch: 'env/prod', path: 'web' } } };
const lastSuccessfulOperation = { drySHA: one, hydratedSHA: two, sourceHydrator: spec.sourceHydrator };

test('a hydrated Application is repaired where people write, not where it was rendered', () => {
  expect(told(spec, [two], {}, { sourceHydrator: { lastSuccessfulOperation } })).toEqual({
    told: true,
    sources: [
      {
        url,
        branch: 'main',
        paths: ['apps/web'],
        commit: one,
        confidence: 'High',
        evidence: `Application argocd/web at ${two}, hydrated from ${one}`,
      },
    ],
  });
});

test.each([
  [
    'was finished before the sync, which found later commits of others',
    '2026-01-01T00:00:00Z',
    { sources: [{ commit: one, confidence: 'Medium' }] },
  ],
  ['was finished after the sync', '2026-01-01T00:02:00Z', { told: false }],
  ['was never finished', null, { told: false }],
])('a rendering that %s', (_what, finishedAt, expected) => {
  const status = {
    operationState: { startedAt: '2026-01-01T00:01:00Z' },
    sourceHydrator: {
      lastSuccessfulOperation,
      currentOperation: { phase: 'Hydrated', hydratedSHA: two, finishedAt },
    },
  };
  expect(told(spec, ['c'.repeat(40)], {}, status)).toMatchObject(expected);
});

test('a dry source that is pinned, and one that was never rendered', () => {
  const pinned = { sourceHydrator: { drySource: { ...drySource, targetRevision: 'v1' } } };
  expect(told(pinned, [two], {}, { sourceHydrator: { lastSuccessfulOperation } })).toMatchObject({
    told: false,
  });
  expect(told(spec, [two])).toMatchObject({ told: false });
});
