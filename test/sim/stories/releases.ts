/** Stories of releases: good and bad ones, one after another, and one that turns bad later. */
import { Services } from '../../../src/api/resources.ts';
import { judge, push, reached, release, type Scenario, threshold } from '../story.ts';
import { target } from '../world.ts';

export const releases: readonly Scenario[] = [
  { name: 'initialise', script: () => undefined, seconds: 60, passes: 1 },
  {
    name: 'adopt a Service',
    before: world =>
      world.user.create(Services, {
        metadata: { ...target, labels: { team: 'shop' }, annotations: { note: 'ours' } },
        spec: { selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 9898 }] },
      }),
    script: release,
    seconds: 200,
  },
  { name: 'a good release', script: release, seconds: 200 },
  {
    name: 'a bad release is rolled back and reverted',
    script(world) {
      judge(world);
      push(world, 20, 'app:bad');
    },
    seconds: 200,
  },
  {
    name: 'a bad release, then a fixed one',
    script(world) {
      judge(world);
      push(world, 20, 'app:bad');
      push(world, 120, 'app:v3');
    },
    seconds: 400,
  },
  {
    name: 'a new revision during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () => world.manifests.push('app:v3'));
    },
    seconds: 400,
  },
  {
    name: 'the target returns to the promoted revision during a run',
    script(world) {
      release(world);
      world.when(reached('Progressing', 40), () => world.manifests.push('app:v1'));
    },
    seconds: 300,
  },
  {
    name: 'a release turns bad after its promotion',
    spec(spec) {
      const metrics = [{ name: 'success', interval: '10s', query: 'up', thresholdRange: { min: 99 } }];
      spec.rollback['watch'] = { for: '5m', interval: '10s', threshold, metrics };
    },
    script(world) {
      release(world);
      world.metrics.script = (image, at) => (at > 120 && image === 'app:v2' ? 50 : 100);
    },
    seconds: 400,
  },
];
