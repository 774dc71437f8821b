/** Stories of runs that cannot be judged: pods that never start, metrics that are down, late or never there. */
import { byImage, push, release, type Scenario } from '../story.ts';

export const undecided: readonly Scenario[] = [
  { name: 'pods never become ready', script: world => push(world, 20, 'app:broken'), seconds: 300 },
  {
    name: 'metrics are down for a while',
    script(world) {
      release(world);
      world.metrics.script = (image, at) => (at > 30 && at < 100 ? 'error' : byImage(image));
    },
    seconds: 400,
  },
  {
    name: 'there is no data at first, and NaN',
    script(world) {
      release(world);
      world.metrics.script = (image, at) => (at < 60 ? 'noData' : at < 90 ? Number.NaN : byImage(image));
    },
    seconds: 400,
  },
  {
    name: 'no data ever, until the time limit takes the traffic back',
    spec(spec) {
      spec.analysis['undecided'] = { noData: { timeLimit: '1m', policy: 'Rollback' } };
    },
    script(world) {
      release(world);
      world.metrics.script = () => 'noData';
    },
    seconds: 300,
  },
];
