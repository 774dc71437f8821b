/** Stories of the other ways to release: blue/green, without analysis, with the traffic back in steps. */
import { judge, push, release, type Scenario } from '../story.ts';

export const strategies: readonly Scenario[] = [
  {
    name: 'blue/green without a router',
    spec(spec) {
      spec.provider = 'kubernetes';
      spec.service = { port: 9898 };
      delete spec.analysis['stepWeight'];
      delete spec.analysis['maxWeight'];
      spec.analysis['iterations'] = 3;
    },
    script(world) {
      judge(world);
      release(world);
      push(world, 120, 'app:bad');
    },
    seconds: 300,
  },
  {
    name: 'blue/green behind a gateway',
    spec(spec) {
      delete spec.analysis['stepWeight'];
      delete spec.analysis['maxWeight'];
      spec.analysis['iterations'] = 3;
    },
    script: release,
    seconds: 300,
  },
  {
    name: 'analysis is skipped',
    spec(spec) {
      spec.skipAnalysis = true;
    },
    script: release,
    seconds: 200,
    passes: 0,
  },
  {
    name: 'the primary takes the traffic back in steps',
    spec(spec) {
      spec.analysis['stepWeightPromotion'] = 20;
    },
    script: release,
    seconds: 300,
  },
];
