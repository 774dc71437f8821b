/** Many targets that change at the same moment: all of them get their pods before the first run is written down. */
import { expect, test } from 'vitest';
import { Canaries, Deployments } from '../../src/api/resources.ts';
import { noFaults } from './faults.ts';
import type { Entry } from './history.ts';
import { statusOf } from './oracle/replay.ts';
import { byImage, createCanary } from './story.ts';
import { namespace, World } from './world.ts';

/** More than a queue has workers, so that most of them wait. */
const names = Array.from({ length: 12 }, (_, index) => `app-${index}`);

function template(image: string, name: string): object {
  return { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image }] } };
}

function scaledUp(entry: Entry): string[] {
  if (entry.type !== 'write' || entry.resource.plural !== Deployments.plural) return [];
  const { key, before, after } = entry;
  return replicas(before) === 0 && replicas(after) !== 0 ? [key.name] : [];
}

function replicas(object: Extract<Entry, { type: 'write' }>['after']): unknown {
  return Reflect.get(Object(object?.['spec']), 'replicas');
}

function began(entry: Entry): boolean {
  return (
    entry.type === 'write' &&
    entry.resource.plural === Canaries.plural &&
    entry.after !== undefined &&
    statusOf(entry.after).phase === 'Progressing'
  );
}

test.each([0, 8])(
  'targets that change %d ms after one another are all scaled up before the first of their runs is committed',
  async apart => {
    const world = new World();
    world.metrics.script = byImage;
    await world.install();
    for (const name of names) {
      const selector = { matchLabels: { app: name } };
      const spec = { replicas: 2, selector, template: template('app:v1', name) };
      await world.user.create(Deployments, { metadata: { namespace, name }, spec });
      const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
      await createCanary(world, { spec: draft => Object.assign(draft, { targetRef, rollback: {} }) }, name);
    }
    await world.run(120);
    world.faults = { ...noFaults, latency: ({ mutates }) => (mutates ? [5, 5] : [1, 1]) };
    const start = world.history.length;
    for (const [index, name] of names.entries()) {
      const change = { spec: { template: template('app:v2', name) } };
      world.clock.after(index * apart, () => void world.user.patch(Deployments, { namespace, name }, change));
    }
    await world.run(600);
    const story = world.history.slice(start);
    const before = story.slice(0, story.findIndex(began));
    expect(before.flatMap(scaledUp).toSorted()).toEqual(names.toSorted());
    const phases = names.map(name => statusOf(world.canary(name)).phase);
    expect(phases).toEqual(names.map(() => 'Succeeded'));
  },
);
