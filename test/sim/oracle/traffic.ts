/** Rules 1, 2 and 8 and the fence: what the routes asked for, against what was available, committed and taken up then. */
import { Canaries, Deployments, HttpRoutes } from '../../../src/api/resources.ts';
import { dig } from '../../memory/json.ts';
import { imageOf, replicasOf } from '../deployments.ts';
import { integersOf, weightsOf } from '../gateway.ts';
import type { History } from '../history.ts';
import { primary, target } from '../world.ts';
import { canaryOf, isAvailable, isDeployment, Memory, replay, routeWrite, statusOf } from './replay.ts';

/** Rule 1, in every version of every route: they sum to 100, or to 10,000 for a canary with less than one percent. */
export function weightsSum(history: History): string[] {
  return replay(history, ({ entry }, complain) => {
    if (entry.type !== 'object' || entry.change.resource.plural !== HttpRoutes.plural) return;
    const weights = integersOf(entry.change.object);
    if (weights === undefined) return;
    const { primary, canary } = weights;
    const sum = primary + canary;
    const isFine = sum === 10_000 && canary > 0 && canary < 100;
    if (
      !(sum === 100 || isFine) ||
      ![primary, canary].every(weight => Number.isInteger(weight) && weight >= 0)
    )
      complain(`the weights are ${primary}/${canary}`);
  });
}

/** Rule 2: no operator raises the share of a side which it cannot have seen available. */
export function availableSides(history: History, slackMs: number): string[] {
  const memories = new Map<string, Memory>();
  return replay(history, ({ entry }, complain) => {
    if (isDeployment(entry) && entry.type === 'object') {
      const { name } = entry.change.object.metadata;
      const memory = memories.get(name) ?? new Memory();
      memories.set(name, memory);
      memory.note(entry.at, entry.change.type !== 'DELETED' && isAvailable(entry.change.object));
    }
    const write = routeWrite(entry);
    if (write?.after === undefined) return;
    const { key, before, after } = write;
    for (const [side, deployment] of [
      ['primary', `${key.name}-primary`],
      ['canary', key.name],
    ] as const) {
      if (after[side] <= (before?.[side] ?? 0)) continue;
      if (memories.get(deployment)?.held(entry.at - slackMs, entry.at) !== true)
        complain(`the ${side} is not available and gets ${after[side]} %`);
    }
  });
}

const carrying = new Set(['Progressing', 'WaitingPromotion', 'Promoting', 'Finalising']);

/**
 * More traffic flows to the canary only once a status allows it, and only while the stored one still does. `requestMs` is
 * how long one request may take: a status that changes between the fence's read and the write cannot be known.
 */
export function committedWeights(history: History, requestMs: number): string[] {
  const statuses: { until: number; phase: string; weight: number }[] = [];
  let stored = { until: Number.POSITIVE_INFINITY, phase: 'none', weight: 0 };
  return replay(history, ({ entry, get }, complain) => {
    if (entry.type === 'object' && entry.change.resource.plural === Canaries.plural) {
      const { phase = 'none', canaryWeight = 0, run } = statusOf(canaryOf(get, target));
      statuses.push({ ...stored, until: entry.at });
      stored = { until: Number.POSITIVE_INFINITY, phase, weight: run?.weight ?? canaryWeight };
    }
    const write = routeWrite(entry);
    if (write?.after === undefined || write.after.canary <= (write.before?.canary ?? 0)) return;
    const { after, operator } = write;
    const recent = [...statuses.slice(-10), stored].filter(status => status.until >= entry.at - requestMs);
    const allowed = recent.filter(status => carrying.has(status.phase));
    const takesOver = after.canary === 100 && !isAvailable(get(Deployments, primary));
    if (allowed.length === 0)
      complain(`${operator} gives the canary ${after.canary} % while the status says ${stored.phase}`);
    else if (!takesOver && allowed.every(status => status.weight < after.canary))
      complain(`${operator} gives the canary ${after.canary} %, committed are ${stored.weight} %`);
  });
}

/** Rule 8: a quarantined revision, or any which is not the run's, never gets more traffic. */
export function onlyTheRun(history: History, slackMs: number): string[] {
  const held = new Map<string, Memory>();
  const image = new Map<string, string>();
  return replay(history, ({ entry, get }, complain) => {
    if (isDeployment(entry) && entry.type === 'object') {
      const { name } = entry.change.object.metadata;
      const now = imageOf(entry.change.object);
      for (const [known, memory] of held)
        if (known.startsWith(`${name} `)) memory.note(entry.at, known === `${name} ${now}`);
      const memory = held.get(`${name} ${now}`) ?? new Memory();
      held.set(`${name} ${now}`, memory);
      memory.note(entry.at, true);
      image.set(name, now);
    }
    const write = routeWrite(entry);
    if (write?.after === undefined || write.after.canary <= (write.before?.canary ?? 0)) return;
    const { key } = write;
    const run = statusOf(canaryOf(get, key)).run;
    const wanted = Object.values(run?.images?.to ?? {})[0];
    if (wanted === undefined) return;
    if (held.get(`${key.name} ${wanted}`)?.held(entry.at - slackMs, entry.at) !== true)
      complain(`the run is about ${wanted}, the pods with traffic are ${image.get(key.name)}`);
  });
}

/** Rule 5: the canary's pods go only after the data plane has sent their traffic away. */
export function drainedFirst(history: History): string[] {
  const taken = new Map<string, number>();
  return replay(history, ({ entry }, complain) => {
    if (entry.type === 'object' && entry.change.resource.plural === HttpRoutes.plural) {
      const { object } = entry.change;
      const parents = dig(object.status, 'parents');
      const condition = dig(Array.isArray(parents) ? parents[0] : undefined, 'conditions');
      const accepted: unknown = Array.isArray(condition) ? condition[0] : undefined;
      if (
        dig(accepted, 'status') === 'True' &&
        dig(accepted, 'observedGeneration') === object.metadata.generation
      )
        taken.set(object.metadata.name, weightsOf(object)?.canary ?? 0);
    }
    if (entry.type !== 'write' || entry.resource.plural !== Deployments.plural) return;
    if (replicasOf(entry.after) !== 0 || replicasOf(entry.before) === 0) return;
    const share = taken.get(entry.key.name) ?? 0;
    if (share > 0) complain(`${entry.key.name} is scaled to zero while it gets ${share} % of the requests`);
  });
}

/** A revision that nobody judges gets no requests for longer than it takes to notice, while the primary could serve them. */
export function noStrangers(history: History, graceMs: number): string[] {
  const since = new Map<string, number>();
  const told = new Set<string>();
  return replay(history, ({ entry, get }, complain) => {
    if (entry.type !== 'object') return;
    const { namespace = '', name } = entry.change.object.metadata;
    const key = { namespace, name: name.replace(/-primary$/, '') };
    const canary = canaryOf(get, key);
    const { run, promoted } = statusOf(canary);
    const live = imageOf(get(Deployments, key));
    const share = weightsOf(get(HttpRoutes, key))?.canary ?? 0;
    const judged = Object.values(run?.images?.to ?? {});
    const stranger =
      promoted !== undefined &&
      share > 0 &&
      canary?.metadata.deletionTimestamp === undefined &&
      dig(canary?.spec, 'suspend') !== true &&
      !judged.includes(live) &&
      isAvailable(get(Deployments, { namespace, name: `${key.name}-primary` }));
    if (!stranger) since.delete(key.name);
    else if (!since.has(key.name)) since.set(key.name, entry.at);
    const from = since.get(key.name);
    if (from === undefined || entry.at - from <= graceMs || told.has(live)) return;
    told.add(live);
    complain(`${live} gets ${share} % for ${entry.at - from} ms and nobody judges it`);
  });
}
