/** How soon traffic is taken back while Slack, its webhook and the Git server take every request and never answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../report.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world.ts';
import { between } from './common.ts';

/** One release fails about so often: neither all in one moment nor one by one. */
const everyMs = 200;

export async function rollback(world: World, { atOnce }: Settings): Promise<Figure[]> {
  const names = world.names.slice(0, atOnce);
  world.slack.hang(true);
  world.git.onRequest = () => 'hang';
  const recording = world.record(names);
  for (const name of names) {
    world.prometheus.judge(name, 'bad');
    await world.change(name, world.nextVersion());
    await sleep(everyMs);
  }
  const failed = (name: string) =>
    world.history.status(name).phase === 'Failed' && recording.hadCanaryTraffic(name);
  await world.history.until('all rolled back', names, failed, { timeoutMs: 120_000 });
  const fromDue: number[] = [];
  const fromAnswer: number[] = [];
  for (const [name, { weights }] of await recording.timelines()) {
    const raised = weights.findIndex(({ canaryWeight }) => canaryWeight > 0);
    const safeAt = weights.slice(raised).find(({ canaryWeight }) => canaryWeight === 0)?.answeredAt;
    fromDue.push(between(`${name}: due -> safe`, world.history.dueAt(name), safeAt));
    fromAnswer.push(between(`${name}: answer -> safe`, world.prometheus.badAnswerAt(name), safeAt));
  }
  const what = 'route 100/0 written; Slack, webhook and Git hang';
  return [
    {
      metric: `failing check due -> ${what}`,
      unit: 'ms',
      values: fromDue,
      goal: '1000 (p99)',
      flagger: '50,000 (nothing hangs)',
      argoRollouts: 'up to 1,000 (nothing hangs)',
    },
    { metric: `failing answer of Prometheus -> ${what}`, unit: 'ms', values: fromAnswer },
  ];
}
