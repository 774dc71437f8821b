/** Reads and writes the three Services of a Canary. */
import { Services } from '../api/resources.ts';
import { TerminalError } from '../runtime/errors.ts';
import type { Cache, KubeClient, KubeObject } from '../runtime/port.ts';
import { readDeployment } from './deployment-object.ts';
import { isOwnedBy } from './ownership.ts';
import type { SelectorLabel, WorkloadIntent, WorkloadView } from './port.ts';
import { primaryName } from './selector.ts';
import {
  type Backend,
  desiredService,
  isApplied,
  isHeld,
  releasedService,
  type Side,
  selectorOfTarget,
  serviceName,
  serviceProblem,
} from './services.ts';

/** The two Deployments behind the Services, as the cache has them. */
export interface Pods {
  readonly target: KubeObject | undefined;
  readonly primary: KubeObject | undefined;
  readonly selector: SelectorLabel | undefined;
}

export interface ServiceSet {
  /** The three Services as the cache has them: with the pods, all that the answers below follow from. */
  live(intent: WorkloadIntent): readonly (KubeObject | undefined)[];
  problem(intent: WorkloadIntent): WorkloadView['problem'];
  ready(intent: WorkloadIntent, pods: Pods): WorkloadView['servicesReady'];
  apply(intent: WorkloadIntent, pods: Pods & { selector: SelectorLabel }, apex: boolean): Promise<void>;
  release(intent: WorkloadIntent, pods: Pods): Promise<void>;
}

const sides: readonly Side[] = ['primary', 'canary', 'apex'];

export function createServiceSet(options: { kube: KubeClient; services: Cache<KubeObject> }): ServiceSet {
  const { kube, services } = options;

  function liveOf(intent: WorkloadIntent, side: Side): KubeObject | undefined {
    return services.get({ namespace: intent.canary.namespace, name: serviceName(intent, side) });
  }

  function wantedOf(intent: WorkloadIntent, side: Side, pods: Pods, selector: SelectorLabel): KubeObject {
    return desiredService(
      intent,
      side,
      selector.label,
      backendOf(side, pods, selector),
      liveOf(intent, side),
    );
  }

  /** Conditional where we know a version; where we know of none, without force, so that a Service we do not know of is left alone. */
  async function write(live: KubeObject | undefined, wanted: KubeObject): Promise<void> {
    const resourceVersion = live?.metadata.resourceVersion;
    const metadata = { ...wanted.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    services.observe(await kube.apply(Services, { ...wanted, metadata }, { force: live !== undefined }));
  }

  return {
    live: intent => sides.map(side => liveOf(intent, side)),

    problem(intent) {
      for (const side of sides) {
        const problem = serviceProblem(intent, side, liveOf(intent, side));
        if (problem !== undefined) return problem;
      }
      return undefined;
    },

    ready(intent, pods) {
      const { selector } = pods;
      if (selector === undefined) return { backends: false, apexToPrimary: false };
      const applied = (side: Side) => isApplied(liveOf(intent, side), wantedOf(intent, side, pods, selector));
      return { backends: applied('primary') && applied('canary'), apexToPrimary: applied('apex') };
    },

    async apply(intent, pods, apex) {
      for (const side of sides) {
        if (side === 'apex' && !apex) continue;
        const live = liveOf(intent, side);
        const problem = serviceProblem(intent, side, live);
        if (problem !== undefined) throw new TerminalError(problem.reason, problem.message);
        const wanted = wantedOf(intent, side, pods, pods.selector);
        if (!isApplied(live, wanted)) await write(live, wanted);
      }
    },

    async release(intent, pods) {
      const live = liveOf(intent, 'apex');
      if (live === undefined || !isHeld(live)) return;
      // Nothing is left that our own Service could serve: it goes with the Canary.
      if (pods.target === undefined && isOwnedBy(live, intent.canary)) return;
      const selector =
        pods.selector === undefined ? selectorOfTarget(live) : { [pods.selector.label]: pods.selector.value };
      const backend = { selector, pods: pods.target === undefined ? undefined : readDeployment(pods.target) };
      await write(live, releasedService(intent, Object.keys(selector)[0] ?? '', backend, live));
    },
  };
}

/** The primary's own selector and ports where it exists: both follow the target only with a promotion. */
function backendOf(side: Side, pods: Pods, { label, value }: SelectorLabel): Backend {
  const target = pods.target && readDeployment(pods.target);
  if (side === 'canary') return { selector: { [label]: value }, pods: target };
  const primary = pods.primary && readDeployment(pods.primary);
  return {
    selector: primary?.matchLabels ?? { [label]: primaryName(value) },
    pods: primary ?? target,
  };
}
