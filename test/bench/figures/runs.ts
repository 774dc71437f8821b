/** Whole runs, one at a time: what a promotion and a rollback ask of the API server, and how soon a revert stands in Git. */
import type { Figure } from '../report.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world.ts';
import { between, only, restore } from './common.ts';

export async function promotions(world: World, { wholeRuns }: Settings): Promise<Figure[]> {
  const perRun: number[] = [];
  const perStep: number[] = [];
  for (let turn = 0; turn < wholeRuns; turn += 1) {
    const name = world.names[turn] ?? '';
    const version = world.nextVersion();
    const promotedBefore = world.history.status(name).promoted?.revision;
    const recording = world.record([name]);
    world.commit(name, version);
    await world.change(name, version);
    const isPromoted = () =>
      world.history.status(name).promoted?.revision !== promotedBefore && world.history.isQuiet(name);
    await world.history.until('the promotion', [name], isPromoted);
    world.promoted(name, version);
    const requests = await recording.operatorRequests();
    perRun.push(requests.length);
    const rising = only(await recording.timelines()).weights.filter(({ canaryWeight }) => canaryWeight > 0);
    for (const [index, next] of rising.slice(1).entries()) {
      const since = rising[index]?.answeredAt ?? 0;
      perStep.push(
        requests.filter(({ answeredAt }) => answeredAt > since && answeredAt <= next.answeredAt).length,
      );
    }
  }
  return [
    { metric: 'API requests for one step of a run', unit: 'requests', values: perStep },
    {
      metric: 'API requests for a whole promotion (5 weights, Git, 2 alerts)',
      unit: 'requests',
      values: perRun,
    },
  ];
}

export async function reverts(world: World, { alone }: Settings): Promise<Figure[]> {
  const times: number[] = [];
  const perRun: number[] = [];
  for (let turn = 0; turn < alone; turn += 1) {
    const name = world.names[turn] ?? '';
    const version = world.nextVersion();
    let pushedAt: number | undefined;
    world.git.onCarriedOut = async kind => {
      if (kind === 'push') pushedAt = Date.now();
    };
    world.prometheus.judge(name, 'bad');
    const recording = world.record([name]);
    world.commit(name, version);
    await world.change(name, version);
    const failed = () => {
      const { phase, rollback, outbox = [] } = world.history.status(name);
      return phase === 'Failed' && rollback?.state !== 'Pending' && outbox.length === 0;
    };
    await world.history.until('the rollback', [name], failed);
    const { rollback } = world.history.status(name);
    if (rollback?.verdict !== 'Reverted' || rollback.commit !== world.git.repository.head())
      throw new Error(`${name}: no revert on the remote (${rollback?.verdict}: ${rollback?.message})`);
    times.push(between(`${name}: verdict -> revert`, world.prometheus.badAnswerAt(name), pushedAt));
    perRun.push((await recording.operatorRequests()).length);
    world.prometheus.judge(name, 'good');
    await restore(world, [name]);
  }
  return [
    {
      metric: 'failing answer of Prometheus -> revert on the remote, over TLS',
      unit: 'ms',
      values: times,
      goal: '2000 (p95)',
      flagger: 'never',
      argoRollouts: 'never',
    },
    {
      metric: 'API requests for a whole rollback with its revert and 2 alerts',
      unit: 'requests',
      values: perRun,
    },
  ];
}
