/** What stamped annotations tell, and that hostile ones tell nothing. */
import { expect, test } from 'vitest';
import type { AppliedWorkload, Tracer } from './port.ts';
import { createStampTracer } from './stamped.ts';
import { createTracer } from './tracer.ts';

const commit = 'b'.repeat(40);
const path = 'siskin.dev/git-path';
const origin = 'config.kubernetes.io/origin';

function workload(annotations: Record<string, string>): AppliedWorkload {
  return { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web', labels: {}, annotations };
}

const tracer = createStampTracer();

test.each<[string, Record<string, string>, object]>([
  [
    'all that CI can stamp',
    {
      [path]: 'apps/web',
      'siskin.dev/git-commit': commit,
      'siskin.dev/git-branch': 'main',
      'siskin.dev/git-repository': 'https://git.example.com/acme/manifests.git',
    },
    {
      url: 'https://git.example.com/acme/manifests.git',
      branch: 'main',
      commit,
      paths: ['apps/web'],
      confidence: 'Medium',
      evidence: `a job that stamped siskin.dev/git-path at ${commit}`,
    },
  ],
  [
    'a path alone',
    { [path]: './apps/web/' },
    {
      paths: ['apps/web'],
      confidence: 'Low',
      evidence: 'a job that stamped siskin.dev/git-path at the head of the branch',
    },
  ],
  [
    'a path that kustomize makes narrower',
    { [path]: 'apps', [origin]: 'path: web/deployment.yaml\n' },
    { paths: ['apps/web'] },
  ],
  [
    'a remote base',
    { [origin]: 'path: apps/web/deployment.yaml\nrepo: https://git.example.com/acme/base\nref: v1\n' },
    { url: 'https://git.example.com/acme/base', paths: ['apps/web'], confidence: 'Low' },
  ],
])('%s', async (_what, annotations, expected) => {
  expect(tracer.isClaimed(workload(annotations))).toBe(true);
  expect(await tracer.trace(workload(annotations))).toMatchObject({ told: true, sources: [expected] });
});

test.each<[string, Record<string, string>]>([
  ['nothing', {}],
  ['a way out of the repository', { [path]: '../other' }],
  ['a file of a local base alone', { [origin]: 'path: deployment.yaml\n' }],
  ['an origin that is no YAML', { [origin]: 'path: [' }],
  ['an origin of aliases', { [origin]: `repo: &a x\npath: ${'*a '.repeat(3)}\n` }],
  ['a huge origin', { [origin]: `path: ${'a'.repeat(3_000)}\nrepo: https://x/y\n` }],
])('%s: no claim', async (_what, annotations) => {
  expect(tracer.isClaimed(workload(annotations))).toBe(false);
  expect(await tracer.trace(workload(annotations))).toMatchObject({ told: false });
});

test('a commit that is none is told as what it is', async () => {
  const trace = await tracer.trace(workload({ [path]: 'apps', 'siskin.dev/git-commit': '--upload-pack=x' }));
  expect(trace).toEqual({
    told: false,
    why: 'the annotation siskin.dev/git-commit is not a full object name of git',
  });
});

function saying(why: string | undefined, calls: string[], name: string): Tracer {
  return {
    isClaimed: () => true,
    trace: async () =>
      why === undefined
        ? { told: true, sources: [{ paths: [name], confidence: 'High', evidence: name }] }
        : { told: false, why },
    nudge: async () => {
      calls.push(name);
    },
  };
}

test('of several tracers the first that can tell is believed, and every one is told of a revert', async () => {
  const calls: string[] = [];
  const mute: Tracer = { ...saying('it never says', calls, 'mute'), isClaimed: () => false };
  const all = createTracer([
    mute,
    saying('a is missing', calls, 'a'),
    saying(undefined, calls, 'b'),
    saying(undefined, calls, 'c'),
  ]);
  expect(await all.trace(workload({}))).toMatchObject({ sources: [{ paths: ['b'] }] });
  await all.nudge(workload({}), 0);
  expect(calls).toEqual(['a', 'b', 'c']);
  const none = createTracer([saying('a is missing', calls, 'a'), saying('b may not', calls, 'b')]);
  expect(await none.trace(workload({}))).toEqual({ told: false, why: 'a is missing, and b may not' });
  expect(await createTracer([mute]).trace(workload({}))).toMatchObject({ told: false });
});
