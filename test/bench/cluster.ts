/** The figures on the cluster with real pods, a real gateway, Prometheus and Git host; few, because each release takes its time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { failSlack } from '../kind/fixture.ts';
import { step } from '../kind/lib/progress.ts';
import { between, firstWeight, firstWeightTimes, only, scaleUpTimes } from './figures/common.ts';
import { application, type RealPods, realInterval, startRealPods } from './real-pods.ts';
import type { Figure, Results } from './report.ts';
import type { Settings } from './settings.ts';

const releaseMs = 180_000;
const firstVersion = '1.0.0';

export async function measureCluster(settings: Settings): Promise<Results> {
  const results: Results = { figures: [], missing: [] };
  let world: RealPods | undefined;
  try {
    const present = (world = await startRealPods());
    await quiet(present);
    results.figures.push(
      ...(await step('measuring an idle Canary with pods', () => idle(present, settings))),
    );
    const { figures, version } = await step('measuring good releases', () => good(present, settings));
    results.figures.push(...figures);
    results.figures.push(...(await step('measuring bad releases', () => bad(present, version, settings))));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    results.missing.push({ metric: 'the cluster with real pods', why });
  } finally {
    await world?.close();
  }
  return results;
}

async function quiet({ history }: RealPods): Promise<void> {
  await history.until('the application at rest', [application], name => history.isQuiet(name), {
    timeoutMs: releaseMs,
  });
}

async function idle(world: RealPods, { idleSeconds }: Settings): Promise<Figure[]> {
  await sleep(5_000);
  const recording = world.record();
  await sleep(idleSeconds * 1_000);
  const values = [((await recording.operatorRequests()).length * 60) / idleSeconds];
  const metric = 'idle, 1: API requests besides lease and watches';
  return [{ metric, unit: 'per minute', values, goal: '0', flagger: '60' }];
}

async function good(world: RealPods, settings: Settings): Promise<{ figures: Figure[]; version: string }> {
  const scaleUps: number[] = [];
  const weights: number[] = [];
  const requests: number[] = [];
  const toFirstWeight: number[] = [];
  let version = firstVersion;
  for (let turn = 1; turn <= settings.cluster; turn += 1) {
    version = `1.${turn}.0`;
    const before = world.history.status(application).promoted?.revision;
    const recording = world.record();
    await world.release(version, 0);
    const promoted = () => world.history.status(application).promoted?.revision !== before;
    await world.history.until('the promotion', [application], promoted, { timeoutMs: releaseMs });
    await quiet(world);
    const timelines = await recording.timelines();
    const timeline = only(timelines);
    scaleUps.push(...scaleUpTimes(timelines));
    weights.push(...firstWeightTimes(timelines));
    toFirstWeight.push(between('change -> first weight', timeline.changedAt, firstWeight(timeline)));
    requests.push((await recording.operatorRequests()).length);
  }
  const figures = [
    {
      metric: 'change of a target -> scale-up written',
      unit: 'ms',
      values: scaleUps,
      goal: '50',
      argoRollouts: '50',
    },
    {
      metric: 'pods ready -> first weight written',
      unit: 'ms',
      values: weights,
      goal: '250 (p99)',
      flagger: '11,000-15,000',
    },
    {
      metric: 'change of a target -> first weight written, pods included',
      unit: 'ms',
      values: toFirstWeight,
      flagger: '14,000-18,000',
    },
    {
      metric: 'API requests for a whole promotion (2 weights, Git, 2 alerts)',
      unit: 'requests',
      values: requests,
    },
  ];
  return { figures, version };
}

/** Slack hangs throughout; Git has to answer, because its revert is measured too. */
async function bad(world: RealPods, promoted: string, settings: Settings): Promise<Figure[]> {
  const toSafety: number[] = [];
  const reverts: number[] = [];
  const { history } = world;
  for (let turn = 1; turn <= settings.cluster; turn += 1) {
    const before = history.status(application).rollback?.id;
    const recording = world.record();
    await failSlack({ mode: 'hang' });
    await world.release(`1.${turn}.0-bad`, 1);
    let told = 0;
    const isTold = () => {
      const { rollback } = history.status(application);
      told = Date.now();
      return rollback !== undefined && rollback.id !== before && rollback.state !== 'Pending';
    };
    await history.until('the revert', [application], isTold, { timeoutMs: releaseMs });
    await failSlack({ mode: 'none' });
    const { rollback } = history.status(application);
    if (rollback?.verdict !== 'Reverted')
      throw new Error(`no revert: ${rollback?.verdict}: ${rollback?.message}`);
    const { weights } = only(await recording.timelines());
    const raised = weights.findIndex(({ canaryWeight }) => canaryWeight > 0);
    const safe = weights.slice(raised).find(({ canaryWeight }) => canaryWeight === 0);
    toSafety.push(between('due -> safe', history.dueAt(application), safe?.answeredAt));
    reverts.push(between('safe -> revert told', safe?.receivedAt, told));
    await world.apply(promoted);
    await quiet(world);
  }
  return [
    {
      metric: `failing check due -> route 100/0 written; Slack hangs, interval ${realInterval}`,
      unit: 'ms',
      values: toSafety,
      goal: '1000 (p99)',
      flagger: '50,000 (nothing hangs)',
    },
    {
      metric: 'verdict -> status tells the revert on the remote',
      unit: 'ms',
      values: reverts,
      goal: '2000 (p95)',
      flagger: 'never',
      argoRollouts: 'never',
    },
  ];
}
