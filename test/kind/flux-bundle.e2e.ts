/** Real Flux: the example as it stands, and one commit that releases two applications, of which only the one that fails is undone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, type BundledApp, bundle, hostOf, startBundle } from './e2e/bundle.ts';
import { shop } from './e2e/checkout.ts';
import { removeFluxObjects } from './e2e/flux-platform.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import { type GitOpsExample, startGitOpsExample } from './e2e/gitops-example.ts';
import {
  fluxNamespace,
  git,
  installFlux,
  reconcileSource,
  startLoad,
  stopLoad,
  throughGateway,
  waitFor,
} from './fixture.ts';

const aRevert: unknown = expect.stringMatching(/^Revert /u);

function streamOf(host: string): string {
  return host.replaceAll('.', '-');
}

async function served(host: string): Promise<void> {
  await waitFor('an answer', async () => ((await throughGateway(host)).status === 200 ? true : undefined));
  await startLoad({ stream: streamOf(host), host, rate: 60 });
}

async function settled(canary: Followed, runId: string | undefined): Promise<void> {
  await canary.until(
    'the repair of Git',
    ({ rollback }) => rollback?.runId === runId && rollback?.state === 'Done',
  );
  await canary.until('Ready', status => condition(status, 'Ready') === 'True');
}

describe('the example flux-commit', () => {
  let example: GitOpsExample;
  let canary: Followed;

  beforeAll(async () => {
    await installFlux();
    example = await startGitOpsExample({
      example: 'flux-commit',
      credentials: [['manifests-read', fluxNamespace]],
      tell: () => reconcileSource('manifests'),
      stop: () => removeFluxObjects('checkout', 'manifests'),
    });
    canary = await follow(shop.namespace, shop.canary);
    await canary.phase('Initialized', 180_000);
    await served(shop.host);
  });

  afterAll(async () => {
    canary.stop();
    await stopLoad(streamOf(shop.host)).catch(() => {});
    await example.remove();
  });

  it('takes a bad release back in cluster and Git, and Flux applies the revert', async () => {
    let commit = '';
    const end = await canary.runOf(async () => {
      commit = await example.release('1.2.0');
    });
    expect(end).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    await settled(canary, end.run?.id);
    const { rollback, run } = canary.status();
    expect(rollback).toMatchObject({ verdict: 'Reverted', failedCommit: commit });
    expect(run?.git).toMatchObject({
      path: 'apps/checkout',
      confidence: 'High',
      evidence: `Kustomization ${fluxNamespace}/checkout at main@sha1:${commit}`,
    });
    expect(run?.id).toBe(end.run?.id);
    await example.repository.pull();
    expect((await example.repository.log(`${commit}..HEAD`)).map(({ subject }) => subject)).toEqual([
      aRevert,
    ]);
  });
});

describe('one commit that releases two applications', () => {
  let both: Bundle;
  const canaries = new Map<BundledApp, Followed>();
  const canaryOf = (app: BundledApp): Followed => {
    const canary = canaries.get(app);
    if (canary === undefined) throw new Error(`${app} is not followed`);
    return canary;
  };

  beforeAll(async () => {
    both = await startBundle();
    for (const app of bundle.apps) canaries.set(app, await follow(bundle.namespace, app));
    for (const app of bundle.apps) {
      await canaryOf(app).phase('Initialized', 180_000);
      await served(hostOf(app));
    }
  });

  afterAll(async () => {
    for (const canary of canaries.values()) canary.stop();
    for (const app of bundle.apps) await stopLoad(streamOf(hostOf(app))).catch(() => {});
    await both.remove();
  });

  it('keeps the one that passes and undoes the other one alone', async () => {
    const first = (await git(['rev-parse', 'HEAD'], both.repository.folder)).trim();
    const ripe = canaryOf('ripe');
    const rotten = canaryOf('rotten');
    const released = both.release('1.1.0', { rotten: 0.5 });
    const [passed, failed] = await Promise.all([ripe.runOf(() => released), rotten.runOf(() => released)]);
    const commit = await released;
    expect(passed.phase).toBe('Succeeded');
    expect(failed).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    await settled(rotten, failed.run?.id);
    expect(failed.run?.git ?? rotten.status().run?.git).toMatchObject({
      path: 'apps/rotten',
      confidence: 'High',
    });
    await both.repository.pull();
    const at = async (revision: string, app: BundledApp): Promise<string> =>
      (await git(['rev-parse', `${revision}:apps/${app}`], both.repository.folder)).trim();
    expect(await at('HEAD', 'rotten')).toBe(await at(first, 'rotten'));
    expect(await at('HEAD', 'ripe')).toBe(await at(commit, 'ripe'));
    expect((await both.repository.log(`${commit}..HEAD`)).map(({ subject }) => subject)).toEqual([aRevert]);
    expect(ripe.status().run?.id, 'the revert of the other is no release of this one').toBe(passed.run?.id);
    expect(condition(ripe.status(), 'Ready')).toBe('True');
  });
});
