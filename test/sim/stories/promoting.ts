/** Stories of what comes while a promotion is in hand. */
import { Deployments } from '../../../src/api/resources.ts';
import { judge, push, reached, release, type Scenario } from '../story.ts';
import { primary, target } from '../world.ts';

export const promoting: readonly Scenario[] = [
  {
    name: 'the primary is slow to promote',
    options: { startMs: (_image, deployment) => (deployment === primary.name ? 40_000 : 3_000) },
    script: world => push(world, 80, 'app:v2'),
    seconds: 400,
  },
  {
    name: 'a new revision in Promoting, as soon as it is committed',
    script(world) {
      release(world);
      world.when(reached('Promoting'), () =>
        world.user.patch(Deployments, target, {
          spec: { template: { spec: { containers: [{ name: 'app', image: 'app:v3' }] } } },
        }),
      );
    },
    seconds: 400,
  },
  {
    name: 'a new revision in Promoting, after the primary was written',
    options: { startMs: (_image, deployment) => (deployment === primary.name ? 20_000 : 3_000) },
    script(world) {
      push(world, 60, 'app:v2');
      world.when(
        ({ object }) =>
          object.metadata.name === primary.name && JSON.stringify(object.spec ?? {}).includes('app:v2'),
        () => world.manifests.push('app:v3'),
      );
    },
    seconds: 500,
  },
  {
    name: 'a bad revision in Promoting, after the primary was written',
    options: { startMs: (_image, deployment) => (deployment === primary.name ? 20_000 : 1_000) },
    script(world) {
      judge(world);
      push(world, 60, 'app:v2');
      world.when(
        ({ object }) =>
          object.metadata.name === primary.name && JSON.stringify(object.spec ?? {}).includes('app:v2'),
        () => world.manifests.push('app:bad'),
      );
    },
    seconds: 500,
  },
];
