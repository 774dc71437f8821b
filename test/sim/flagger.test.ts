/** What Flagger's loop cannot do by construction, each under its number of the list that opened this project. */
import { describe, expect, test } from 'vitest';
import { Canaries, Deployments, HttpRoutes } from '../../src/api/resources.ts';
import { ApiError } from '../../src/runtime/errors.ts';
import { imageOf } from './deployments.ts';
import { noFaults } from './faults.ts';
import { weightsOf } from './gateway.ts';
import { violations } from './oracle/index.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, type CanarySpecDraft, createCanary, stepsOfPlan, threshold } from './story.ts';
import { primary, target, World } from './world.ts';

async function initialised(change: (spec: CanarySpecDraft) => void = () => undefined): Promise<World> {
  const world = new World();
  world.metrics.script = byImage;
  await world.install();
  await createCanary(world, { spec: change });
  await world.run(30);
  return world;
}

function setImage(world: World, image: string): Promise<unknown> {
  return world.user.patch(Deployments, target, {
    spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
  });
}

function templatesOf(world: World, name: string): string[] {
  const images = world.history.flatMap(entry =>
    entry.type === 'object' &&
    entry.change.resource.kind === 'Deployment' &&
    entry.change.object.metadata.name === name
      ? [imageOf(entry.change.object)]
      : [],
  );
  return images.filter((image, index) => image !== images[index - 1]);
}

async function judged(world: World): Promise<string[]> {
  return violations(world, { passes: stepsOfPlan, threshold, faultFree: false });
}

/** Seconds from the sample that decides to the first version of the route without canary traffic. */
function rollbackSeconds(world: World): number {
  const failures = world.history.filter(entry => entry.type === 'sample' && entry.outcome === 'fail');
  const decided = failures[threshold - 1]?.at ?? 0;
  const away = world.history.find(
    entry =>
      entry.type === 'write' &&
      entry.resource.plural === HttpRoutes.plural &&
      entry.at >= decided &&
      weightsOf(entry.after)?.canary === 0,
  );
  return ((away?.at ?? Number.POSITIVE_INFINITY) - decided) / 1_000;
}

function checkOf(name: string): object {
  return { name, interval: '10s', query: name, thresholdRange: { min: 99 } };
}

describe('FL-1: a template that comes between the last check and the copy never gets to the primary unanalysed', () => {
  // The window is as wide as a query: every moment of it is tried.
  test.each([0, 10, 30, 49, 50, 51, 60, 200, 1_000, 3_000])(
    '%i ms after the last query was sent',
    async ms => {
      const world = await initialised();
      await setImage(world, 'app:v2');
      let queries = 0;
      const script = world.metrics.script;
      world.metrics.script = (image, at, check) => {
        queries += 1;
        if (queries === stepsOfPlan) world.clock.after(ms, () => void setImage(world, 'app:bad'));
        return script(image, at, check);
      };
      await world.run(300);
      expect(templatesOf(world, primary.name)).not.toContain('app:bad');
      expect(statusOf(world.canary()).phase).toBe('Failed');
      expect(await judged(world)).toEqual([]);
    },
  );
});

test('FL-2: a revision that comes while Failed is analysed, whatever fails at its first pass', async () => {
  for (const reason of ['patch canaries', 'patch deployments', 'patch httproutes', 'get canaries']) {
    const world = await initialised();
    world.manifests.agentPaused = true;
    await setImage(world, 'app:bad');
    await world.run(60);
    expect(statusOf(world.canary()).phase).toBe('Failed');
    let left = 3;
    world.faults = {
      ...noFaults,
      strike({ what }) {
        if (!what.startsWith(reason) || left === 0) return undefined;
        left -= 1;
        return { kind: 'refuse', error: new ApiError('unavailable', { status: 503 }) };
      },
    };
    await setImage(world, 'app:v3');
    await world.run(300);
    expect(imageOf(world.kube.peek(Deployments, primary)), reason).toBe('app:v3');
    expect(await judged(world)).toEqual([]);
  }
});

test('FL-5: no traffic goes back to a primary without pods', async () => {
  const world = await initialised();
  await setImage(world, 'app:bad');
  world.when(
    ({ resource, object }) => resource.kind === 'HTTPRoute' && (weightsOf(object)?.canary ?? 0) > 0,
    () => world.user.patch(Deployments, primary, { spec: { replicas: 0 } }),
  );
  await world.run(100);
  expect(statusOf(world.canary()).phase).toBe('Failed');
  expect(weightsOf(world.kube.peek(HttpRoutes, target))?.canary).toBeGreaterThan(0);
  expect(world.kube.peek(Deployments, target)?.spec).toMatchObject({ replicas: 2 });
  await world.user.patch(Deployments, primary, { spec: { replicas: 2 } });
  await world.run(60);
  expect(weightsOf(world.kube.peek(HttpRoutes, target))).toEqual({ primary: 100, canary: 0 });
  expect(world.kube.peek(Deployments, target)?.spec).toMatchObject({ replicas: 0 });
});

describe('FL-6: nothing slow or remote stands before the traffic', () => {
  test('FL-6: a hung Slack does not delay the traffic', async () => {
    const world = await initialised();
    world.slack.mode = 'hang';
    await setImage(world, 'app:bad');
    await world.run(60);
    expect(rollbackSeconds(world)).toBe(0);
  });

  test('FL-6: a hung Git host does not delay the traffic', async () => {
    const world = await initialised();
    world.manifests.mode = 'hang';
    await setImage(world, 'app:bad');
    await world.run(60);
    expect(rollbackSeconds(world)).toBe(0);
  });

  test('FL-6: everything remote at once does not delay the traffic', async () => {
    const world = await initialised();
    world.slack.mode = 'hang';
    world.manifests.mode = 'hang';
    world.faults = { ...noFaults, latency: ({ remote }) => (remote ? [0, 0] : [20, 20]) };
    await setImage(world, 'app:bad');
    await world.run(90);
    // Two requests of 40 ms each at most: the one in hand, and the route's.
    expect(rollbackSeconds(world)).toBeLessThanOrEqual(0.1);
  });

  test('FL-6: a metrics provider that hangs does not keep what another has found from failing the release', async () => {
    const world = await initialised(spec => {
      spec.analysis['metrics'] = [checkOf('hangs'), checkOf('success')];
    });
    world.metrics.latencyMs = name => (name === 'hangs' ? 15_000 : 50);
    world.metrics.script = (image, _at, name) => (name === 'hangs' ? 'error' : byImage(image));
    await setImage(world, 'app:bad');
    await world.run(60);
    expect(rollbackSeconds(world)).toBe(0);
  });
});

test('FL-7: a changed interval never makes two passes of one Canary overlap', async () => {
  const world = await initialised();
  await setImage(world, 'app:v2');
  let asking = 0;
  let most = 0;
  const script = world.metrics.script;
  const queryMs = 4_000;
  world.metrics.latencyMs = () => queryMs;
  world.metrics.script = (image, at, check) => {
    asking += 1;
    most = Math.max(most, asking);
    world.clock.after(queryMs, () => {
      asking -= 1;
    });
    return script(image, at, check);
  };
  for (let seconds = 40; seconds < 80; seconds += 3) {
    world.at(seconds, () =>
      world.user.patch(Canaries, target, { spec: { analysis: { interval: `${5 + (seconds % 4)}s` } } }),
    );
  }
  await world.run(300);
  expect(most).toBe(1);
  expect(statusOf(world.canary()).phase).toBe('Succeeded');
});

test('FL-8: a crash in the middle of a promotion rolls the primary once', async () => {
  for (const kind of ['crash-before', 'crash-after'] as const) {
    const world = await initialised();
    let crashed = false;
    world.faults = {
      ...noFaults,
      strike({ what }) {
        if (crashed || what !== `patch deployments/${primary.name}`) return undefined;
        crashed = true;
        return { kind };
      },
    };
    await setImage(world, 'app:v2');
    await world.run(300);
    expect(crashed).toBe(true);
    const generations = world.history.filter(
      entry =>
        entry.type === 'write' && entry.key.name === primary.name && imageOf(entry.before) === 'app:v2',
    );
    expect(generations).toEqual([]);
    expect(templatesOf(world, primary.name)).toEqual(['app:v1', 'app:v2']);
  }
});

describe('FL-9: what people have to hear is told at least once', () => {
  test.each(['crash-before', 'crash-after'] as const)('FL-9: %s each message of a rollback', async kind => {
    for (let number = 1; number <= 3; number += 1) {
      const world = await initialised();
      let count = 0;
      world.faults = {
        ...noFaults,
        strike({ what }) {
          if (!what.startsWith('slack')) return undefined;
          count += 1;
          return count === number ? { kind } : undefined;
        },
      };
      await setImage(world, 'app:bad');
      await world.run(120);
      const told = world.history.filter(entry => entry.type === 'alert' && entry.delivered);
      const rolledBack = told.filter(
        entry => entry.type === 'alert' && entry.title.startsWith('Rolled back'),
      );
      expect(rolledBack.length).toBeGreaterThanOrEqual(1);
      expect(statusOf(world.canary()).outbox).toEqual([]);
    }
  });

  test('FL-9: a Slack that was down hears of it when it is back', async () => {
    const world = await initialised();
    world.slack.mode = 'down';
    await setImage(world, 'app:bad');
    await world.run(120);
    world.slack.mode = 'up';
    await world.run(120);
    const told = world.history.flatMap(entry =>
      entry.type === 'alert' && entry.delivered ? [entry.title] : [],
    );
    expect(told.filter(title => title.startsWith('Rolled back'))).not.toEqual([]);
  });
});

test('FL-11: a failed Canary writes nothing as long as nothing happens', async () => {
  const world = await initialised();
  world.manifests.agentPaused = true;
  await setImage(world, 'app:bad');
  await world.run(120);
  expect(statusOf(world.canary()).phase).toBe('Failed');
  // That Git still asks for it is told once.
  await world.run(15 * 60);
  const before = world.kube.requests.length;
  await world.run(24 * 3_600);
  expect(world.kube.requests.slice(before)).toEqual([]);
  expect(world.running().map(operator => operator.timers())).toEqual([0]);
});
