import { expect, test } from 'vitest';
import { trust } from '../../test/memory/json.ts';
import type { KubeObject } from '../runtime/port.ts';
import { countRevert, mayPush } from './breaker.ts';
import { olderCanary } from './conflicts.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';

const now = Date.parse('2026-01-02T03:04:05.000Z');

function canary(name: string, day: number, spec: object, decidedMsAgo?: number): KubeObject {
  const decidedAt = new Date(now - (decidedMsAgo ?? 0)).toISOString();
  const rollback = { id: 'r', runId: 'r', revision: 'v1-x', state: 'Pending', decidedAt, reason: '' };
  return {
    metadata: { namespace: 'shop', name, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    spec,
    status: decidedMsAgo === undefined ? {} : { rollback },
  };
}

const podinfo = { targetRef: { kind: 'Deployment', name: 'podinfo' } };
const mine = canary('mine', 2, podinfo);
const model = trust<Model>({
  key: { namespace: 'shop', name: 'mine' },
  canary: mine,
  workload: { target: { kind: 'Deployment', name: 'podinfo' }, service: { name: 'podinfo' } },
});

const wellFormed = {
  url: 'https://git.example.com/a/b.git',
  branch: 'main',
  secretRef: { name: 'write' },
  allow: { namespaces: ['shop'], paths: ['apps/**'] },
  commit: { name: 'siskin', email: 'siskin@example.com' },
};

function portsOf(canaries: readonly KubeObject[], repository?: object): Ports {
  return trust<Ports>({
    clock: { now: () => now },
    canaries: {
      list: () => canaries,
      get: ({ name }: { name: string }) => canaries.find(({ metadata }) => metadata.name === name),
    },
    repositories: {
      get: () =>
        repository && {
          metadata: { name: 'manifests' },
          spec: { ...wellFormed, ...repository },
        },
    },
    settings: { breakerLimit: 2, breakerWindowMs: 600_000, gitWrites: true, revertsPerHour: 10 },
  });
}

test.each<[string, KubeObject, string | undefined]>([
  ['an older one on the target', canary('other', 1, podinfo), 'DuplicateTarget'],
  ['one as old whose name comes first', canary('a', 2, podinfo), 'DuplicateTarget'],
  ['one as old whose name comes later', canary('z', 2, podinfo), undefined],
  ['a younger one', canary('other', 3, podinfo), undefined],
  [
    'an older one on the Service',
    canary('other', 1, { targetRef: { kind: 'Deployment', name: 'web' }, service: { name: 'podinfo' } }),
    'DuplicateService',
  ],
  [
    'an older one beside it',
    canary('other', 1, { targetRef: { kind: 'Deployment', name: 'web' } }),
    undefined,
  ],
  ['an older one that names nothing', canary('other', 1, {}), undefined],
])('%s: %s', (_, other, reason) => {
  expect(olderCanary(model, portsOf([mine, other]))?.reason).toBe(reason);
});

const whole = {
  targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
  provider: 'kubernetes',
  service: { port: 80 },
  analysis: { iterations: 1 },
  rollback: {
    git: { repositoryRef: { name: 'manifests' }, path: 'apps', limits: { perHour: 2, perDay: 3 } },
  },
};
const git = {
  mode: 'Commit',
  repository: 'manifests',
  convergeWithinMs: 900_000,
  limits: { perHour: 2, perDay: 3 },
} as const;

function withReverts(spec: object, ...msAgo: readonly number[]): KubeObject {
  const object = canary('mine', 2, spec);
  return { ...object, status: { reverts: msAgo.map(ago => new Date(now - ago).toISOString()) } };
}

test.each<[string, object | undefined, readonly (number | undefined)[], RegExp | undefined]>([
  ['all is well', {}, [], undefined],
  ['as many failures as are allowed', {}, [0, 1, 600_000], undefined],
  ['one more', {}, [0, 1, 599_999], /3 releases failed within 10 minutes/],
  ['no repository', undefined, [], /gone or not valid/],
  ['a suspended one', { suspend: true }, [], /suspended/],
  ['one without writes', { mode: 'Off' }, [], /allows no writes/],
])('may push with %s', (_, repository, failures, why) => {
  const others = failures.map((ago, n) => canary(`c${n}`, 1, {}, ago));
  const mine = canary('mine', 2, whole);
  expect(mayPush(model, git, portsOf([mine, ...others], repository))).toEqual(expectation(why));
});

const hour = 3_600_000;
test.each<[string, KubeObject, RegExp | undefined]>([
  ['fewer reverts than its limits', withReverts(whole, 1, 30 * hour), undefined],
  [
    'as many as it may have in an hour',
    withReverts(whole, 1, 2),
    /this Canary had 2 reverts in the last hour/,
  ],
  [
    'as many as it may have in a day',
    withReverts(whole, 1, hour, 2 * hour, 3 * hour),
    /4 reverts in the last day/,
  ],
  ['its suspension', withReverts({ ...whole, suspend: true }), /the Canary is suspended/],
  ['its mode switched off', withReverts({ ...whole, rollback: {} }), /no longer asks/],
  ['a spec that is not valid any more', withReverts({}), /not valid/],
])('a Canary with %s', (_, mine, why) => {
  expect(mayPush(model, git, portsOf([mine], {}))).toEqual(expectation(why));
});

test('an operator that writes nothing, and one that wrote enough', () => {
  const others = Array.from({ length: 10 }, (_, n) => ({
    ...withReverts(whole, 1),
    metadata: { namespace: 'shop', name: `c${n}` },
  }));
  const mine = canary('mine', 2, whole);
  const ports = portsOf([mine, ...others], {});
  expect(mayPush(model, git, ports)).toEqual(expectation(/all Canaries had 10 reverts in the last hour/));
  const off = { ...ports, settings: { ...ports.settings, gitWrites: false } };
  expect(mayPush(model, git, off)).toEqual(expectation(/--no-git-writes/));
});

test('a revert is counted for a day, and for as many as there is room', () => {
  const reverts = [now - 25 * hour, now - hour].map(at => new Date(at).toISOString());
  expect(countRevert({ reverts }, now, 5).reverts).toEqual([reverts[1], new Date(now).toISOString()]);
  expect(countRevert({ reverts }, now, 1).reverts).toEqual([new Date(now).toISOString()]);
});

function expectation(why: RegExp | undefined): object {
  return why === undefined ? { allowed: true } : { allowed: false, why: expect.stringMatching(why) };
}

test('a Canary that is gone pushes nothing', () => {
  expect(mayPush(model, git, portsOf([], {}))).toMatchObject({ allowed: false, why: 'the Canary is gone' });
});
