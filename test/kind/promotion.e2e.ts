/** From staging to production: what passed there is committed here and judged again; what failed there never comes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Environment,
  type Environments,
  environments,
  hostOf,
  namespaceOf,
  pathOf,
  startEnvironments,
} from './e2e/environments.ts';
import { type Followed, follow } from './e2e/follow.ts';
import { getObject, git, startLoad, stopLoad, throughGateway, waitFor } from './fixture.ts';

type Deployment = { spec: { template: { spec: { containers: { image: string }[] } } } };

let both: Environments;
let staging: Followed;
let production: Followed;

beforeAll(async () => {
  both = await startEnvironments();
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
});

function kustomization(environment: Environment): string {
  return readFileSync(join(both.repository.folder, pathOf(environment), 'kustomization.yaml'), 'utf8');
}

async function image(environment: Environment): Promise<string | undefined> {
  const primary = await getObject<Deployment>('deployment', 'checkout-primary', namespaceOf(environment));
  return primary?.spec.template.spec.containers[0]?.image;
}

async function head(): Promise<string> {
  return (await git(['rev-parse', 'HEAD'], both.repository.folder)).trim();
}

it('a release that passed in staging is committed to production by one commit that changes one line', async () => {
  const before = kustomization('production');
  const released = await both.release('1.1.0');
  expect(await staging.runOf(() => both.deploy('staging'))).toMatchObject({ phase: 'Succeeded' });
  const { promotions } = await staging.until(
    'the promotion',
    status => status.promotions?.[0]?.state === 'Promoted',
  );
  await both.repository.pull();
  expect(promotions).toMatchObject([{ target: 'production', commit: await head() }]);
  expect(kustomization('production')).toBe(before.replace('newTag: 1.0.0', 'newTag: 1.1.0'));
  const commits = await both.repository.log(`${released}..HEAD`);
  expect(commits).toMatchObject([
    { author: 'siskin <siskin@example.com>', subject: 'Promote checkout to production' },
  ]);
  expect(commits[0]?.body).toContain('registry.example.com/shop/checkout:1.1.0 passed');
  expect(await git(['diff', '--numstat', released, 'HEAD'], both.repository.folder)).toBe(
    `1\t1\t${pathOf('production')}/kustomization.yaml\n`,
  );
});

it('and production takes it after a run of its own', async () => {
  const end = await production.runOf(() => both.deploy('production'));
  expect(end).toMatchObject({ phase: 'Succeeded' });
  expect(await image('production')).toBe('registry.example.com/shop/checkout:1.1.0');
});

it('a release that fails in staging is reverted there and never comes', async () => {
  const before = kustomization('production');
  await both.release('1.2.0');
  expect(await staging.runOf(() => both.deploy('staging'))).toMatchObject({ phase: 'Failed' });
  await staging.until('the revert', status => status.rollback?.state === 'Done');
  await both.repository.pull();
  expect(kustomization('staging')).toContain('newTag: 1.1.0');
  expect(kustomization('production')).toBe(before);
  expect(staging.status().promotions).toMatchObject([{ target: 'production', state: 'Promoted' }]);
});
