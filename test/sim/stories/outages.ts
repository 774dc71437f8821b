/** Stories of outages beside the cluster: the gateway, Git and Slack. */
import { judge, push, release, type Scenario } from '../story.ts';
import type { World } from '../world.ts';

export const outages: readonly Scenario[] = [
  {
    name: 'the gateway refuses for a while',
    script(world) {
      release(world);
      world.at(30, () => {
        world.gatewayRefuses = true;
        world.gateway.review();
      });
      world.at(100, () => {
        world.gatewayRefuses = false;
        world.gateway.review();
      });
    },
    seconds: 400,
  },
  ...(['down', 'hang', 'slow', 'ambiguous', 'raced'] as const).map(mode => ({
    name: `a bad release while Git is ${mode}`,
    script(world: World) {
      judge(world);
      push(world, 20, 'app:bad');
      world.at(35, () => {
        world.manifests.mode = mode;
      });
      world.at(150, () => {
        world.manifests.mode = 'up';
      });
    },
    seconds: 500,
  })),
  ...(['down', 'hang', 'limited'] as const).map(mode => ({
    name: `a bad release while Slack is ${mode}`,
    script(world: World) {
      judge(world);
      push(world, 20, 'app:bad');
      world.at(10, () => {
        world.slack.mode = mode;
      });
      world.at(150, () => {
        world.slack.mode = 'up';
      });
    },
    seconds: 400,
  })),
  {
    name: 'Git was down from the start, and the fix came before it was back',
    script(world) {
      judge(world);
      world.at(10, () => {
        world.manifests.mode = 'down';
      });
      push(world, 20, 'app:bad');
      push(world, 120, 'app:v3');
      world.at(125, () => {
        world.manifests.mode = 'up';
      });
    },
    seconds: 500,
  },
];
