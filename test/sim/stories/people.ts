/** Stories of people who delete, suspend, scale and edit while Siskin works. */
import { Canaries, Deployments } from '../../../src/api/resources.ts';
import { createCanary, judge, push, reached, release, type Scenario } from '../story.ts';
import { primary, target, type World } from '../world.ts';

export const people: readonly Scenario[] = [
  ...(['Initializing', 'Initialized', 'Progressing', 'Promoting', 'Finalising', 'Failed'] as const).map(
    phase => ({
      name: `deletion in ${phase}`,
      script(world: World) {
        judge(world);
        push(world, 20, phase === 'Failed' ? 'app:bad' : 'app:v2');
        world.manifests.mode = phase === 'Failed' ? 'down' : 'up';
        world.when(reached(phase), () => world.user.delete(Canaries, target));
        world.at(60, () => {
          if (
            world.canary()?.metadata.deletionTimestamp === undefined &&
            world.canary() !== undefined &&
            phase !== 'Promoting' &&
            phase !== 'Finalising'
          )
            void world.user.delete(Canaries, target);
        });
      },
      seconds: 300,
    }),
  ),
  {
    name: 'suspended for a while during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () =>
        world.user.patch(Canaries, target, { spec: { suspend: true } }),
      );
      world.at(150, () => world.user.patch(Canaries, target, { spec: { suspend: false } }));
    },
    seconds: 400,
  },
  {
    name: 'a quarantined revision comes back',
    script(world) {
      judge(world);
      push(world, 20, 'app:bad');
      push(world, 120, 'app:v3');
      push(world, 300, 'app:bad');
    },
    seconds: 450,
  },
  {
    name: 'two Canaries on one target',
    script(world) {
      release(world);
      world.at(5, () => createCanary(world, {}, 'younger'));
    },
    seconds: 300,
  },
  {
    name: 'the target is scaled by hand during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () =>
        world.user.patch(Deployments, target, { spec: { replicas: 0 } }),
      );
      world.at(55, () => world.user.patch(Deployments, target, { spec: { replicas: 3 } }));
    },
    seconds: 400,
  },
  {
    name: 'the target is edited by hand at rest',
    script(world) {
      world.at(20, () =>
        world.user.patch(Deployments, target, {
          metadata: { labels: { edited: 'yes' } },
          spec: { replicas: 3, template: { metadata: { annotations: { note: 'by hand' } } } },
        }),
      );
    },
    seconds: 300,
  },
  {
    name: 'the primary is deleted by hand',
    script(world) {
      world.at(30, () => world.user.delete(Deployments, primary));
      push(world, 100, 'app:v2');
    },
    seconds: 400,
  },
];
