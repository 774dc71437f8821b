/** What Canaries cost that nothing happens to: requests, processor, memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuPercent, type RunningOperator } from '../operator-process.ts';
import type { Figure, Peers } from '../report.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world.ts';

/** After a start: the caches are filled, the garbage of that is collected, the lease is held. */
const calmMs = 10_000;

export async function idle(world: World, operator: RunningOperator, settings: Settings): Promise<Figure[]> {
  await sleep(calmMs);
  const recording = world.record([]);
  const before = operator.usage();
  await sleep(settings.idleSeconds * 1_000);
  const after = operator.usage();
  const requests = await recording.operatorRequests();
  const count = world.names.length;
  const told = new Set(requests.map(({ verb, resource, name }) => `${verb} ${resource} ${name}`));
  if (told.size > 0) process.stderr.write(`  requests while idle: ${[...told].slice(0, 10).join(', ')}\n`);
  return [
    {
      metric: `idle, ${count}: API requests besides lease and watches`,
      unit: 'per minute',
      values: [(requests.length * 60) / settings.idleSeconds],
      goal: '0',
      ...peersOf(count, { flagger: count === 1 ? '60' : '7,497', argoRollouts: 'about 0 (not measured)' }),
    },
    {
      metric: `idle, ${count}: processor`,
      unit: '% of a core',
      values: [cpuPercent(before, after)],
      ...peersOf(count, count === 1 ? {} : { argoRollouts: '0.05' }),
    },
    {
      metric: `idle, ${count}: memory (RSS)`,
      unit: 'MiB',
      values: [after.residentMiB],
      ...peersOf(count, count === 1 ? { flagger: '63' } : { flagger: '95', argoRollouts: '122' }),
    },
  ];
}

/** The peers were measured with one Canary and with 500. */
function peersOf(count: number, peers: Peers): Peers {
  return count === 1 || count === 500 ? peers : {};
}
