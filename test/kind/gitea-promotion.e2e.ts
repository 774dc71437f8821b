/** A release that passed is asked for in production by one pull request on a real Gitea, which follows newer releases and is merged by Gitea once it is approved. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Environments,
  environments,
  hostOf,
  namespaceOf,
  pathOf,
  startEnvironments,
} from './e2e/environments.ts';
import { type Followed, follow } from './e2e/follow.ts';
import { type ProtectedRepository, type Pull, startProtectedRepository } from './e2e/protected-repository.ts';
import { git, platform, removeGitea, startLoad, stopLoad, throughGateway, waitFor } from './fixture.ts';

/** Gitea's webhook tells of the merge: well below the minute after which Siskin would look by itself. */
const atOnce = 20_000;
let protectedMain: ProtectedRepository;
let both: Environments;
let staging: Followed;
let production: Followed;

beforeAll(async () => {
  protectedMain = await startProtectedRepository('environments');
  both = await startEnvironments({
    create: async () => protectedMain.repository,
    credentials: protectedMain.credentials,
    site: {
      'branch: main':
        'branch: main\n  provider: Gitea\n  mode: PullRequest\n  pullRequest: { autoMerge: true }',
    },
  });
  staging = await follow(namespaceOf('staging'), 'checkout');
  production = await follow(namespaceOf('production'), 'checkout');
  await Promise.all([staging, production].map(async canary => canary.phase('Initialized', 120_000)));
  for (const environment of environments) {
    const host = hostOf(environment);
    await waitFor('an answer', async () => ((await throughGateway(host)).status === 200 ? true : undefined));
    await startLoad({ stream: environment, host, rate: 30 });
  }
});

afterAll(async () => {
  staging.stop();
  production.stop();
  for (const environment of environments) await stopLoad(environment).catch(() => {});
  await both.remove();
  await removeGitea();
});

const file = `${pathOf('production')}/kustomization.yaml`;

/** Of the pull request's branch. */
async function proposed({ head }: Pull): Promise<string> {
  await git(['fetch', '--quiet', 'origin', head.ref], both.repository.folder, platform());
  return git(['show', `${head.sha}:${file}`], both.repository.folder);
}

/** Passes in staging, and is asked for where `pull` says. */
async function releaseAndPropose(tag: '1.1.0' | '1.3.0'): Promise<Pull> {
  const before = staging.status().promotions?.[0]?.pullRequest?.head;
  await both.release(tag);
  expect(await staging.runOf(() => both.deploy('staging'))).toMatchObject({ phase: 'Succeeded' });
  await staging.until('the pull request', ({ promotions: [promotion] = [] }) => {
    const { state, pullRequest } = promotion ?? {};
    return state === 'Proposed' && pullRequest !== undefined && pullRequest.head !== before;
  });
  return protectedMain.onlyPull();
}

it('a release that passed in staging is asked for in production', async () => {
  const now = readFileSync(join(both.repository.folder, file), 'utf8');
  const pull = await releaseAndPropose('1.1.0');
  expect(pull).toMatchObject({ state: 'open', user: { login: 'siskin' } });
  expect(pull.body).toContain('registry.example.com/shop/checkout:1.1.0');
  expect(await proposed(pull)).toBe(now.replace('newTag: 1.0.0', 'newTag: 1.1.0'));
});

it('the next one brings the same pull request up to date, without force', async () => {
  const older = await protectedMain.onlyPull();
  const newer = await releaseAndPropose('1.3.0');
  expect(newer.number).toBe(older.number);
  expect(newer.body).toContain('registry.example.com/shop/checkout:1.3.0');
  expect(await proposed(newer)).toContain('newTag: 1.3.0');
  await git(['merge-base', '--is-ancestor', older.head.sha, newer.head.sha], both.repository.folder);
});

it('approved, it is merged by Gitea, and production takes it after a run of its own', async () => {
  await protectedMain.approve(await protectedMain.onlyPull());
  const { promotions } = await staging.until(
    'the promotion',
    status => status.promotions?.[0]?.state === 'Promoted',
    atOnce,
  );
  const end = await production.runOf(() => both.deploy('production'));
  expect(end).toMatchObject({ phase: 'Succeeded' });
  expect(readFileSync(join(both.repository.folder, file), 'utf8')).toContain('newTag: 1.3.0');
  expect(promotions?.[0]?.commit).toBe((await both.repository.log('-1'))[0]?.commit);
  expect(await protectedMain.pulls()).toMatchObject([{ merged: true }]);
});
