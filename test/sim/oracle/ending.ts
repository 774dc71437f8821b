/** Rule 4 and the end of a run: no revision is lost, and the world comes to rest where the fault-free one did. */
import { Canaries, Deployments, HttpRoutes, Services } from '../../../src/api/resources.ts';
import type { KubeObject } from '../../../src/runtime/port.ts';
import { dig } from '../../memory/json.ts';
import { imageOf, replicasOf } from '../deployments.ts';
import { weightsOf } from '../gateway.ts';
import { primary, target, type World } from '../world.ts';
import { statusOf } from './replay.ts';

/** The newest template is promoted, quarantined, or was judged. */
export function nothingLost(world: World): string[] {
  const canary = worker(world);
  if (canary === undefined || dig(canary.spec, 'suspend') === true) return [];
  const status = statusOf(canary);
  const { phase = 'none', target: seen, promoted, quarantine = [], run } = status;
  const live = world.kube.peek(Deployments, target);
  if (live === undefined) return [];
  if (!['Initialized', 'Succeeded', 'Failed'].includes(phase))
    return [`the run does not end: ${phase}, ${status.message}`];
  if (seen === undefined || seen.generation !== live.metadata.generation)
    return ['the newest template was never looked at'];
  const { revision } = seen;
  const known =
    revision === promoted?.revision ||
    quarantine.some(entry => entry.revision === revision) ||
    (phase === 'Failed' && run?.revision === revision);
  return known ? [] : [`revision ${revision} has no verdict (${phase})`];
}

/** Of several Canaries on the target the one that works. */
function worker(world: World): KubeObject | undefined {
  const owner = world.kube.peek(Deployments, primary)?.metadata.ownerReferences?.[0]?.name;
  return world.canary(owner ?? target.name);
}

/** What counts of the end, without names, times and versions that differ from run to run. */
export function ending(world: World): object {
  const status = statusOf(world.canary());
  const apex = world.kube.peek(Services, target);
  return {
    phase: status.phase,
    promoted: status.promoted?.images,
    weight: status.canaryWeight,
    rollback: status.rollback?.state,
    outbox: status.outbox?.map(entry => entry.kind),
    route: weightsOf(world.kube.peek(HttpRoutes, target)),
    target: {
      image: imageOf(world.kube.peek(Deployments, target)),
      replicas: replicasOf(world.kube.peek(Deployments, target)),
    },
    primary: imageOf(world.kube.peek(Deployments, primary)),
    apex: dig(apex?.spec, 'selector'),
    services: world.kube
      .all(Services)
      .map(service => service.metadata.name)
      .toSorted(),
    canaries: world.kube.all(Canaries).map(canary => [canary.metadata.name, statusOf(canary).phase]),
    head: world.manifests.head().image,
  };
}

/** Longer than Git may ask for a failed revision before people are told. */
const announcedSeconds = 1_000;

/** Eventually stable: an hour in which nobody does anything costs no request and no timer. */
export async function restless(world: World): Promise<string[]> {
  await world.run(announcedSeconds);
  const requests = world.kube.requests.length;
  await world.run(3_600);
  const made = world.kube.requests.slice(requests).filter(request => request.manager === 'siskin');
  const found = made
    .slice(0, 5)
    .map(({ verb, resource, key }) => `at rest: ${verb} ${resource.plural}/${key.name}`);
  const timers = world.running().reduce((sum, operator) => sum + operator.timers(), 0);
  if (timers > 0) found.push(`at rest: ${timers} timers`);
  return found;
}
