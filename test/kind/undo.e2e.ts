/** What was promoted is undone on real parts: by checks that go on after the promotion, and by a person's annotation. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appPath, type Checkout, prepareCheckout, removeCheckout, shop } from './e2e/checkout.ts';
import { exampleFiles, withTag } from './e2e/example.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import type { ReleaseTag } from './e2e/releases.ts';
import { unexplainedFailures } from './e2e/shares.ts';
import {
  getObject,
  inCluster,
  kubectl,
  loadStats,
  startLoad,
  stopLoad,
  summarize,
  waitFor,
} from './fixture.ts';

type Deployment = { spec: { template: unknown } };

const stream = 'undo';
const rate = 60;
/** The analysis lets a tenth of failed requests pass; only the watch does not. */
const lax = 'thresholdRange: { min: 99 }';
const watch = `  rollback:
    watch:
      for: 2m
      interval: 5s
      threshold: 2
      metrics:
        - { name: request-success-rate, interval: 10s, thresholdRange: { min: 99 } }
`;
let checkout: Checkout;
let canary: Followed;

beforeAll(async () => {
  checkout = await prepareCheckout();
  await release('1.0.0');
  await checkout.deploy();
  canary = await follow(shop.namespace, shop.canary);
  await canary.phase('Initialized', 90_000);
  await startLoad({ stream, host: shop.host, rate });
  await allFrom('1.0.0');
  // What the gateway answered before it knew the route counts for nothing.
  await startLoad({ stream, host: shop.host, rate });
});

afterAll(async () => {
  canary.stop();
  await stopLoad(stream).catch(() => {});
  await removeCheckout();
  rmSync(checkout.repository.folder, { recursive: true, force: true });
});

async function release(tag: ReleaseTag): Promise<string> {
  const files = withTag(
    exampleFiles('canary-gateway-api/app', { 'https://slack.com/api': `${inCluster.slack}/api` }),
    tag,
  );
  const text = files['canary.yaml'] ?? '';
  expect(text).toContain(lax);
  const spec = text.replace(lax, 'thresholdRange: { min: 50 }').replace('  rollback:\n', watch);
  const entries = Object.entries({ ...files, 'canary.yaml': spec });
  const changed = Object.fromEntries(entries.map(([path, each]) => [`${appPath}/${path}`, each]));
  return checkout.repository.commit(`checkout ${tag}`, changed);
}

/** Nothing but this version answers any more. */
async function allFrom(version: string): Promise<void> {
  await waitFor(`all answers to come from ${version}`, async () => {
    const summary = summarize(await loadStats({ stream, since: Math.floor(Date.now() / 1_000) - 2 }));
    return summary.answered >= rate && summary.share(version) === 1 ? true : undefined;
  });
}

async function primaryTemplate(): Promise<unknown> {
  return (await getObject<Deployment>('deployment', `${shop.canary}-primary`, shop.namespace))?.spec.template;
}

/** Git has one more commit, which takes back `bad`; applied, it leaves nothing to do. */
async function isReverted(bad: string): Promise<void> {
  const { rollback } = await canary.until('the revert', status => status.rollback?.state === 'Done');
  expect(rollback).toMatchObject({ verdict: 'Reverted', failedCommit: bad });
  await checkout.repository.pull();
  const [revert, ...more] = await checkout.repository.log(`${bad}..HEAD`);
  expect(more).toEqual([]);
  expect(revert?.body).toContain(rollback?.reason);
  expect(condition(canary.status(), 'GitConverged')).toBe('False');
  const run = canary.status().run?.id;
  await checkout.deploy();
  const end = await canary.until(
    'Git and cluster to agree',
    status => condition(status, 'GitConverged') === 'True',
  );
  expect(end.rollback?.convergedAt).toBeDefined();
  expect(end.run?.id).toBe(run);
  // The good place in Git moves to the revert, for the next one in a row.
  await canary.until('the new place in Git', status => status.promoted?.git?.commit === revert?.commit);
}

it('a release that only the checks after its promotion find bad is taken out of the primary and of Git', async () => {
  const before = await primaryTemplate();
  const bad = await release('1.2.0');
  const promoted = await canary.runOf(() => checkout.deploy());
  expect(promoted).toMatchObject({
    phase: 'Succeeded',
    previous: { images: { checkout: expect.stringMatching(/1\.0\.0$/u) } },
  });
  const failed = await canary.phase('Failed', 90_000);
  expect(failed.reason).toBe('WatchFailed');
  await allFrom('1.0.0');
  expect(await primaryTemplate()).toEqual(before);
  await isReverted(bad);
  expect(unexplainedFailures((await loadStats({ stream })).seconds, '1.2.0')).toEqual({});
});

it('a release that a person finds bad is taken back by an annotation, and a second revert in a row undoes only it', async () => {
  const before = await primaryTemplate();
  const bad = await release('1.1.0');
  const promoted = await canary.runOf(() => checkout.deploy());
  expect(promoted.phase).toBe('Succeeded');
  const value = `siskin.dev/rollback=${promoted.promoted?.revision}/customers cannot pay`;
  await kubectl(['-n', shop.namespace, 'annotate', 'canaries.siskin.dev', shop.canary, value, '--overwrite']);
  const failed = await canary.phase('Failed', 30_000);
  expect(failed).toMatchObject({
    reason: 'RollbackRequested',
    rollback: { reason: expect.stringContaining('cannot pay') },
  });
  await allFrom('1.0.0');
  expect(await primaryTemplate()).toEqual(before);
  await isReverted(bad);
  const [revert] = await checkout.repository.log('HEAD~1..HEAD');
  expect(revert?.subject).toBe('Revert "checkout 1.1.0"');
  expect(unexplainedFailures((await loadStats({ stream })).seconds, '1.2.0')).toEqual({});
});
