/** Real Flux applies what is pushed: a bad release is taken back in the cluster and in Git, and Flux applies the revert. Twice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FluxedApp, fluxedApp, startFluxedApp } from './e2e/fluxed-app.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import {
  fluxNamespace,
  getObject,
  git,
  loadStats,
  startLoad,
  stopLoad,
  summarize,
  throughGateway,
  waitFor,
} from './fixture.ts';

type Kustomization = { status?: { lastAppliedRevision?: string } };
type Deployment = {
  spec: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
};

const { name, namespace, host } = fluxedApp('fluxed');
const rate = 40;
const aRevert: unknown = expect.stringMatching(/^Revert /u);
let app: FluxedApp;
let canary: Followed;

beforeAll(async () => {
  app = await startFluxedApp('fluxed');
  canary = await follow(namespace, name);
  await canary.phase('Initialized', 120_000);
  await waitFor('an answer', async () => ((await throughGateway(host)).status === 200 ? true : undefined));
  await startLoad({ stream: name, host, rate });
});

afterAll(async () => {
  canary.stop();
  await stopLoad(name).catch(() => {});
  await app.remove();
});

/** Flux went through with this commit, its health checks included. */
async function appliedByFlux(commit: string): Promise<void> {
  await waitFor(
    `Flux to apply ${commit}`,
    async () => {
      const object = await getObject<Kustomization>(
        'kustomization.kustomize.toolkit.fluxcd.io',
        name,
        fluxNamespace,
      );
      return object?.status?.lastAppliedRevision === `main@sha1:${commit}` ? true : undefined;
    },
    { timeoutMs: 60_000 },
  );
}

async function targetVersion(): Promise<string | undefined> {
  const target = await getObject<Deployment>('deployment', name, namespace);
  return target?.spec.template.spec.containers[0]?.env.find(each => each.name === 'VERSION')?.value;
}

async function subjectsAfter(commit: string): Promise<string[]> {
  await app.repository.pull();
  return (await app.repository.log(`${commit}..HEAD`)).map(({ subject }) => subject);
}

it('finds branch, path and commit by itself', async () => {
  const { promoted } = await canary.until('the place', status => status.promoted?.git?.tree !== undefined);
  const [first] = await app.repository.log();
  expect(promoted?.git).toMatchObject({
    branch: 'main',
    path: `apps/${name}`,
    commit: first?.commit,
    evidence: `Kustomization ${fluxNamespace}/${name} at main@sha1:${first?.commit}`,
  });
});

describe.each(['1.1.0', '1.2.0'])('the bad release %s', bad => {
  let commit = '';

  it('loses its traffic and is reverted by one commit', async () => {
    const end = await canary.runOf(async () => {
      commit = await app.release(bad, 0.5);
    });
    expect(end).toMatchObject({ phase: 'Failed', reason: 'ChecksFailed', canaryWeight: 0 });
    const { rollback, run } = await canary.until(
      'the revert',
      status => status.rollback?.runId === end.run?.id && status.rollback?.state === 'Done',
    );
    expect(rollback).toMatchObject({ verdict: 'Reverted', failedCommit: commit });
    const evidence = `Kustomization ${fluxNamespace}/${name} at main@sha1:${commit}`;
    expect(run?.git).toMatchObject({ state: 'Recorded', confidence: 'High', evidence });
    expect(await subjectsAfter(commit)).toEqual([aRevert]);
    const tree = await git(['rev-parse', `HEAD:apps/${name}`], app.repository.folder);
    expect(tree.trim()).toBe(rollback?.good?.tree);
    expect((await app.repository.log('-1'))[0]?.body).toContain(
      `It was applied by ${evidence} (confidence High).`,
    );
  });

  it('is undone by Flux, which was asked at once, and no run follows', async () => {
    const run = canary.status().run?.id;
    await appliedByFlux(canary.status().rollback?.commit ?? '');
    expect(await targetVersion()).toBe('1.0.0');
    await canary.until('Ready', status => condition(status, 'Ready') === 'True');
    const unrelated = await app.push(`Notes on ${bad}`, { 'docs/notes.md': `What was wrong with ${bad}\n` });
    await appliedByFlux(unrelated);
    expect(await subjectsAfter(commit)).toEqual([`Notes on ${bad}`, aRevert]);
    expect(canary.status().run?.id).toBe(run);
    expect(condition(canary.status(), 'Ready')).toBe('True');
  });
});

it('nobody but the bad releases and the first one answered', async () => {
  const { versions } = summarize(await loadStats({ stream: name }));
  expect(Object.keys(versions).sort()).toEqual(['1.0.0', '1.1.0', '1.2.0']);
});
