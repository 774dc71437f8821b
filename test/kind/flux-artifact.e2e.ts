/** Real Flux applies what CI published to a registry: the artifact leads to the commit, which is reverted, and the next artifact ends it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FluxedApp, fluxedApp, startFluxedApp } from './e2e/fluxed-app.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import { git, startLoad, stopLoad, throughGateway, waitFor } from './fixture.ts';

const { name, namespace, host, path } = fluxedApp('published');
let app: FluxedApp;
let canary: Followed;

beforeAll(async () => {
  app = await startFluxedApp('published');
  canary = await follow(namespace, name);
  await canary.phase('Initialized', 120_000);
  await waitFor('an answer', async () => ((await throughGateway(host)).status === 200 ? true : undefined));
  await startLoad({ stream: name, host, rate: 40 });
});

afterAll(async () => {
  canary.stop();
  await stopLoad(name).catch(() => {});
  await app.remove();
});

it('a bad release is traced to the commit that the artifact names, and reverted there', async () => {
  let commit = '';
  const end = await canary.runOf(async () => {
    commit = await app.release('1.1.0', 0.5);
  });
  expect(end).toMatchObject({ phase: 'Failed', reason: 'ChecksFailed', canaryWeight: 0 });
  const { rollback, run } = await canary.until('the revert', status => status.rollback?.state === 'Done');
  expect(rollback).toMatchObject({ verdict: 'Reverted', failedCommit: commit });
  expect(run?.git).toMatchObject({ branch: 'main', path, commit, confidence: 'Medium' });
  expect(run?.git?.evidence).toMatch(
    /^Kustomization flux-system\/published at latest@sha256:[0-9a-f]{64}, /u,
  );
  expect(run?.git?.evidence).toContain(`published from main@sha1:${commit}`);
  await app.repository.pull();
  expect((await app.repository.log(`${commit}..HEAD`)).map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^Revert /u),
  ]);
  const tree = await git(['rev-parse', `HEAD:${path}`], app.repository.folder);
  expect(tree.trim()).toBe(rollback?.good?.tree);
});

it('once CI has published the revert, the cluster runs what Git says, and no run follows', async () => {
  const run = canary.status().run?.id;
  expect(canary.status().rollback?.convergedAt).toBeUndefined();
  await app.publish();
  await canary.until('convergence', status => status.rollback?.convergedAt !== undefined);
  await canary.until('Ready', status => condition(status, 'Ready') === 'True');
  expect(canary.status().run?.id).toBe(run);
});
