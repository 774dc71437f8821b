/** Promotion to the next environment: when it is written, how often, and when not. */
import { expect, test } from 'vitest';
import { Canaries, ManifestRepositories, Pods } from '../../src/api/resources.ts';
import { crashAt, type FaultPlan } from './faults.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, type CanarySpecDraft, createCanary } from './story.ts';
import { namespace, target, World } from './world.ts';

const canary = { namespace, name: target.name };
const digest = `sha256:${'d'.repeat(64)}`;

interface Target {
  readonly soak?: string;
  readonly windows?: readonly object[];
  readonly write?: string;
}

function promotion({ soak = '0s', windows = [], write = 'Tag' }: Target = {}): object {
  return {
    name: 'production',
    repositoryRef: { name: 'manifests' },
    updates: [{ kustomize: { path: 'apps/production', image: 'app' }, write }],
    soak,
    windows,
  };
}

async function install(
  wanted: Target = {},
  change: (spec: CanarySpecDraft) => void = () => undefined,
): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, {
    spec: spec => {
      Object.assign(spec, { promotion: [promotion(wanted)] });
      change(spec);
    },
  });
  await world.run(30);
  return world;
}

/** A release that passes: promoted here some 100 s later. */
async function release(world: World, image: string): Promise<void> {
  world.manifests.push(image);
  await until(world, () => statusOf(world.canary()).promoted?.images?.['app'] === image);
}

async function until(world: World, holds: () => boolean): Promise<void> {
  for (let second = 0; second < 400 && !holds(); second += 1) await world.run(1);
  expect(holds()).toBe(true);
}

function production(world: World) {
  return statusOf(world.canary()).promotions?.find(({ target: name }) => name === 'production');
}

function versions(world: World): string[] {
  return world.environments.promotions.map(({ version }) => version);
}

function tagOf(tag: string): string {
  return JSON.stringify({ kind: 'kustomize', image: 'app', version: { tag } });
}

function condition(world: World) {
  return statusOf(world.canary()).conditions?.find(({ type }) => type === 'PromotionsReady');
}

function titles(world: World): string[] {
  return world.history.flatMap(entry => (entry.type === 'alert' && entry.delivered ? [entry.title] : []));
}

test('what passed is committed once, told, and nothing is left to do', async () => {
  const world = await install();
  await release(world, 'app:v2');
  await world.run(60);
  expect(versions(world)).toEqual([tagOf('v2')]);
  const [made] = world.environments.promotions;
  expect(production(world)).toMatchObject({
    state: 'Promoted',
    commit: made?.commit,
    files: [expect.anything()],
  });
  expect(statusOf(world.canary()).outbox).toEqual([]);
  expect(condition(world)).toBeUndefined();
  expect(titles(world)).toContain('podinfo goes to its next environment');
  await world.run(3_600);
  expect(world.running().map(operator => operator.timers())).toEqual([0]);
});

test('what failed is not', async () => {
  const world = await install();
  world.manifests.push('app:bad');
  await until(world, () => statusOf(world.canary()).phase === 'Failed');
  await world.run(120);
  expect(versions(world)).toEqual([]);
});

test('it soaks first, without anything being asked in between', async () => {
  const world = await install({ soak: '2h' });
  await release(world, 'app:v2');
  await world.run(60);
  const promotedAt = Date.parse(production(world)?.promotedAt ?? '');
  expect(production(world)).toMatchObject({
    state: 'Soaking',
    dueAt: new Date(promotedAt + 7_200_000).toISOString(),
  });
  const asked = world.kube.requests.length;
  await world.run(7_000);
  expect(versions(world)).toEqual([]);
  expect(world.kube.requests.length).toBe(asked);
  await world.run(300);
  expect(world.environments.promotions.map(({ at }) => at - promotedAt)).toEqual([7_200_000]);
});

test('it waits for its window, and the commit bears the time at which that opened', async () => {
  const world = await install();
  await world.user.patch(Canaries, canary, {
    spec: { promotion: [promotion({ windows: [windowAfter(world, 6)] })] },
  });
  await release(world, 'app:v2');
  await world.run(30);
  expect(production(world)).toMatchObject({
    state: 'Waiting',
    message: expect.stringContaining('The time window opens at'),
  });
  const opens = Date.parse(production(world)?.dueAt ?? '');
  expect(opens - world.clock.now()).toBeGreaterThan(3_600_000);
  await world.run((opens - world.clock.now()) / 1_000 + 5);
  expect(world.environments.promotions.map(({ at }) => at)).toEqual([opens]);
});

/** An hour's window that opens so many whole hours from now. */
function windowAfter(world: World, hours: number): object {
  const at = (offset: number) => new Date(world.clock.now() + offset * 3_600_000).toISOString().slice(11, 13);
  return { from: `${at(hours)}:00`, to: `${at(hours + 1)}:00`, timeZone: 'UTC' };
}

test('a newer release takes the place of one that still soaks', async () => {
  const world = await install({ soak: '1h' });
  await release(world, 'app:v2');
  await release(world, 'app:v3');
  await world.run(4 * 3_600);
  expect(versions(world)).toEqual([tagOf('v3')]);
});

test('a release that fails afterwards does not stop one that soaks', async () => {
  const world = await install({ soak: '1h' });
  await release(world, 'app:v2');
  world.manifests.push('app:bad');
  await world.run(2 * 3_600);
  expect(statusOf(world.canary()).phase).toBe('Failed');
  expect(versions(world)).toEqual([tagOf('v2')]);
});

test('a quarantined revision is held', async () => {
  const world = await install({ soak: '1h' });
  await release(world, 'app:v2');
  const { revision = '' } = statusOf(world.canary()).promoted ?? {};
  const at = new Date(world.clock.now()).toISOString();
  await world.user.patch(
    Canaries,
    canary,
    { status: { quarantine: [{ revision, at, reason: 'A person took it back.' }] } },
    { subresource: 'status' },
  );
  await world.run(2 * 3_600);
  expect(versions(world)).toEqual([]);
  expect(production(world)).toMatchObject({
    state: 'Held',
    message: expect.stringContaining('A person took it back.'),
  });
  expect(condition(world)).toMatchObject({ status: 'False', reason: 'Held' });
});

test('what was reverted there does not come back, the next version does', async () => {
  const world = await install();
  await release(world, 'app:v2');
  await world.run(10);
  world.environments.revert('production');
  await release(world, 'app:v3');
  await world.run(10);
  world.environments.revert('production');
  await release(world, 'app:v2');
  await world.run(10);
  expect(production(world)).toMatchObject({ state: 'Held' });
  expect(condition(world)).toMatchObject({ status: 'False', reason: 'Held' });
  await release(world, 'app:v4');
  await world.run(10);
  expect(versions(world)).toEqual(['v2', 'v3', 'v4'].map(tagOf));
  expect(condition(world)).toMatchObject({ status: 'True' });
});

test('Git that is down, and an answer that got lost, end in one commit', async () => {
  const world = await install();
  world.manifests.mode = 'down';
  await release(world, 'app:v2');
  await world.run(300);
  expect(production(world)).toMatchObject({ state: 'Failed' });
  expect(titles(world).filter(title => title.includes('does not reach'))).toHaveLength(1);
  world.manifests.mode = 'ambiguous';
  await world.run(300);
  expect(versions(world)).toEqual([tagOf('v2')]);
  expect(production(world)).toMatchObject({
    state: 'Promoted',
    commit: world.environments.promotions[0]?.commit,
  });
  expect(condition(world)).toMatchObject({ status: 'True' });
});

test('a file that cannot be edited is told once and looked at less and less often, until somebody mends it', async () => {
  const world = await install();
  world.environments.broken = true;
  await release(world, 'app:v2');
  await world.run(7_200);
  expect(production(world)).toMatchObject({ state: 'Failed', message: 'The file is not plain YAML.' });
  expect(titles(world).filter(title => title.includes('does not reach'))).toHaveLength(1);
  const tries = world.effects.filter(effect => effect.endsWith('git promote')).length;
  expect(tries).toBeLessThan(20);
  world.environments.broken = false;
  await world.run(3_700);
  expect(versions(world)).toEqual([tagOf('v2')]);
});

test('nothing is written while the repository or the Canary is suspended', async () => {
  const world = await install({ soak: '10m' });
  await release(world, 'app:v2');
  await world.user.patch(ManifestRepositories, { name: 'manifests' }, { spec: { suspend: true } });
  await world.run(1_200);
  expect(production(world)).toMatchObject({
    state: 'Waiting',
    message: expect.stringContaining('suspended'),
  });
  await world.user.patch(Canaries, canary, { spec: { suspend: true } });
  await world.user.patch(ManifestRepositories, { name: 'manifests' }, { spec: { suspend: false } });
  await world.run(1_200);
  expect(versions(world)).toEqual([]);
  await world.user.patch(Canaries, canary, { spec: { suspend: false } });
  await world.run(120);
  expect(versions(world)).toEqual([tagOf('v2')]);
});

test('a target that is taken out of the spec gets nothing', async () => {
  const world = await install({ soak: '10m' });
  await release(world, 'app:v2');
  await world.user.patch(Canaries, canary, { spec: { promotion: null } });
  await world.run(1_200);
  expect(versions(world)).toEqual([]);
  expect(production(world)).toMatchObject({ state: 'Superseded' });
});

test('the digest is that of the pods which served', async () => {
  const world = await install({ write: 'TagAndDigest' });
  await world.user.create(Pods, {
    metadata: { namespace, name: 'podinfo-primary-1', labels: { app: 'podinfo-primary' } },
  });
  await world.user.patch(
    Pods,
    { namespace, name: 'podinfo-primary-1' },
    {
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'app', imageID: `docker.io/library/app@${digest}` }],
      },
    },
    { subresource: 'status' },
  );
  await release(world, 'app:v2');
  await world.run(10);
  expect(versions(world)).toEqual([
    JSON.stringify({ kind: 'kustomize', image: 'app', version: { tag: 'v2', digest } }),
  ]);
});

test('a digest that nobody knows is told, and nothing is written', async () => {
  const world = await install({ write: 'Digest' });
  await release(world, 'app:v2');
  await world.run(60);
  expect(versions(world)).toEqual([]);
  expect(production(world)).toMatchObject({
    state: 'Failed',
    message: 'no pod of the primary tells which image container app runs',
  });
});

async function story(plan?: FaultPlan): Promise<World> {
  const world = await install({ soak: '1m' });
  await release(world, 'app:v2');
  if (plan !== undefined) world.faults = plan;
  await world.run(300);
  return world;
}

test('killed before or after any effect, it ends in one commit', async () => {
  const whole = await story();
  const from = whole.effects.findIndex(effect => effect.endsWith('git promote')) - 6;
  const points = whole.effects.flatMap((_effect, index) => (index >= from ? [index + 1] : []));
  const wrong: string[] = [];
  for (const n of points) {
    for (const kind of ['crash-before', 'crash-after'] as const) {
      const world = await story(crashAt(n, kind));
      const done = production(world)?.state === 'Promoted' && statusOf(world.canary()).outbox?.length === 0;
      if (!done || versions(world).join() !== tagOf('v2'))
        wrong.push(`${kind} ${whole.effects[n - 1] ?? ''}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(points.length).toBeGreaterThan(4);
});

test('two operators that both believe to lead write one commit', async () => {
  const world = new World({ operators: 2 });
  await world.install();
  await createCanary(world, {
    spec: spec => void Object.assign(spec, { promotion: [promotion()] }),
  });
  await world.run(30);
  await release(world, 'app:v2');
  await world.run(120);
  expect(versions(world)).toEqual([tagOf('v2')]);
  expect(production(world)).toMatchObject({ state: 'Promoted' });
});
