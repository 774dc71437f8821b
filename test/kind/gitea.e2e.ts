/** A protected branch on a real Gitea: the example's bad release loses its traffic, and its revert is asked for, kept up to date, merged and applied. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appPath, shop } from './e2e/checkout.ts';
import { exampleFiles, withTag } from './e2e/example.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import { type ProtectedRepository, startProtectedRepository } from './e2e/protected-repository.ts';
import { loadReleases, type ReleaseTag } from './e2e/releases.ts';
import {
  apply,
  deleteNamespace,
  git,
  kubectl,
  loadStats,
  namespaceObject,
  operatorNamespace,
  platform,
  removeGitea,
  startLoad,
  stopLoad,
  summarize,
  waitFor,
} from './fixture.ts';

const { namespace, host, canary: name } = shop;
const stream = 'gitea';
const secret = 'manifests-write';
/** Well below the minute after which Siskin would look by itself. */
const atOnce = 20_000;
let protectedMain: ProtectedRepository;
let repository: ProtectedRepository['repository'];
let canary: Followed;
let bad = '';

async function release(tag: ReleaseTag, more: Record<string, string> = {}): Promise<string> {
  const files = Object.entries(withTag(exampleFiles('gitea-pull-request/app'), tag));
  const paths = files.map(([path, text]) => [`${appPath}/${path}`, text]);
  return repository.commit(`checkout ${tag}`, { ...Object.fromEntries(paths), ...more });
}

/** What CI does after each push. */
async function deploy(): Promise<void> {
  await repository.pull();
  await kubectl(['apply', '-k', join(repository.folder, appPath)]);
}

async function clean(): Promise<void> {
  await stopLoad(stream).catch(() => {});
  await deleteNamespace(namespace);
  await kubectl(['delete', 'manifestrepository', 'manifests', '--ignore-not-found']);
  await kubectl(['-n', operatorNamespace, 'delete', 'secret', secret, '--ignore-not-found']);
}

beforeAll(async () => {
  await clean();
  await loadReleases();
  protectedMain = await startProtectedRepository('manifests');
  ({ repository } = protectedMain);
  const manifests = exampleFiles('gitea-pull-request/platform', {
    'https://gitea.example.com/acme/manifests.git': repository.urlInCluster,
  });
  await apply([namespaceObject(namespace), protectedMain.credentials(secret)]);
  await apply(Object.values(manifests).join('\n---\n'));
  await release('1.0.0');
  await deploy();
  canary = await follow(namespace, name);
  await canary.until('the place in Git', status => status.promoted?.git?.tree !== undefined, 120_000);
  await startLoad({ stream, host, rate: 40 });
  await waitFor('answers', async () =>
    summarize(await loadStats({ stream })).share('1.0.0') > 0 ? true : undefined,
  );
});

afterAll(async () => {
  canary.stop();
  await clean();
  await removeGitea();
  rmSync(repository.folder, { recursive: true, force: true });
});

describe('a bad release on a protected branch', () => {
  it('loses its traffic, and one pull request asks for its revert', async () => {
    bad = await release('1.2.0');
    const end = await canary.runOf(deploy);
    expect(end).toMatchObject({ phase: 'Failed', reason: 'ChecksFailed', canaryWeight: 0 });
    const { rollback } = await canary.until(
      'a pull request',
      status => status.rollback?.pullRequest !== undefined,
    );
    const pull = await protectedMain.onlyPull();
    expect(rollback).toMatchObject({
      state: 'Pending',
      failedCommit: bad,
      pullRequest: { number: pull.number, state: 'Open', branch: pull.head.ref, head: pull.head.sha },
    });
    expect(rollback?.pullRequest?.note).toBeUndefined();
    expect(pull).toMatchObject({ state: 'open', user: { login: 'siskin' }, labels: [{ name: 'rollback' }] });
    expect(pull.requested_reviewers?.map(({ login }) => login)).toEqual(['ada']);
    expect(pull.title).toContain('shop/checkout');
    expect(pull.body).toContain('request-success-rate');
    expect(pull.body).toContain(
      'registry.example.com/shop/checkout:1.0.0 to registry.example.com/shop/checkout:1.2.0',
    );
    expect(pull.body).toContain(bad);
    await repository.pull();
    expect((await repository.log('-1'))[0]?.commit).toBe(bad);
    expect(condition(canary.status(), 'GitConverged')).toBe('False');
  });

  it('is marked where it stands in Git', async () => {
    const statuses = await statusesOf(bad);
    expect(statuses).toMatchObject([{ context: 'siskin/shop/checkout', status: 'failure' }]);
    expect(statuses[0]?.description).toContain('request-success-rate');
  });

  it('the base moves: the branch follows by a fast-forward that keeps what was pushed', async () => {
    const before = await protectedMain.onlyPull();
    const base = await release('1.2.0', { [`${appPath}/notes.md`]: 'Kept by the revert.\n' });
    const { head } = await waitFor(
      'a refresh',
      async () => {
        const pull = await protectedMain.onlyPull();
        return pull.head.sha === before.head.sha ? undefined : pull;
      },
      { timeoutMs: atOnce },
    );
    await git(['fetch', '--quiet', 'origin', head.ref], repository.folder, platform());
    for (const ancestor of [before.head.sha, base])
      await git(['merge-base', '--is-ancestor', ancestor, head.sha], repository.folder);
    const changed = await git(['diff', '--name-only', base, head.sha], repository.folder);
    expect(changed.trim()).toBe(`${appPath}/kustomization.yaml`);
  });

  it('nobody merges it without an approval; merged, it is applied, and no run follows', async () => {
    const { siskin, ada } = protectedMain;
    const run = canary.status().run?.id;
    const pull = await protectedMain.onlyPull();
    await expect(protectedMain.merge(pull, siskin)).rejects.toThrow(/HTTP 405/u);
    await protectedMain.approve(pull);
    await waitFor('the merge', async () => {
      await protectedMain.merge(pull, ada);
      return true;
    });
    const { rollback } = await canary.until('the end', status => status.rollback?.state === 'Done', atOnce);
    expect(rollback).toMatchObject({ verdict: 'Reverted', pullRequest: { state: 'Merged' } });
    await deploy();
    expect(rollback?.commit).toBe((await repository.log('-1'))[0]?.commit);
    await canary.until('convergence', status => status.rollback?.convergedAt !== undefined);
    await canary.until('Ready', status => condition(status, 'Ready') === 'True');
    expect(canary.status().run?.id).toBe(run);
    expect(await protectedMain.pulls()).toHaveLength(1);
  });

  it('the next good release is marked too', async () => {
    const good = await release('1.1.0');
    const end = await canary.runOf(deploy);
    expect(end).toMatchObject({ phase: 'Succeeded' });
    expect(await statusesOf(good)).toMatchObject([{ context: 'siskin/shop/checkout', status: 'success' }]);
  });
});

/** Written a moment after the verdict. */
async function statusesOf(commit: string) {
  return waitFor('the status', async () => {
    const found = await protectedMain.statusesOf(commit);
    return found.length === 0 ? undefined : found;
  });
}
