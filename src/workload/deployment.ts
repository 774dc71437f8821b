/** The workload adapter for Deployments. */
import { Deployments } from '../api/resources.ts';
import { isAlreadyExists, isConflict, TerminalError, TransientError } from '../runtime/errors.ts';
import { LastLook } from '../runtime/last-look.ts';
import type { Cache, KubeClient, KubeObject } from '../runtime/port.ts';
import { readDeployment } from './deployment-object.ts';
import { holderOf, isOwnedBy } from './ownership.ts';
import type { PodSet, SelectorLabel, Workload, WorkloadIntent, WorkloadView } from './port.ts';
import {
  holdsTemplate,
  keptTemplate,
  newPrimary,
  promotionPatch,
  restorePatch,
  revisionAnnotation,
} from './primary.ts';
import { readinessOf } from './readiness.ts';
import { runningImages } from './running.ts';
import { primaryName, selectorOf, selectorProblem } from './selector.ts';
import { createServiceSet, type Pods } from './service-set.ts';

type Comparison = Pick<WorkloadView, 'primaryMatchesTarget' | 'servicesReady'>;

export interface DeploymentWorkloadOptions {
  readonly kube: KubeClient;
  readonly deployments: Cache<KubeObject>;
  readonly services: Cache<KubeObject>;
}

export function createDeploymentWorkload(options: DeploymentWorkloadOptions): Workload {
  const { kube, deployments } = options;
  const serviceSet = createServiceSet(options);
  const looks = new LastLook<WorkloadIntent, WorkloadView>();
  const comparisons = new LastLook<WorkloadIntent, Comparison>();

  function targetOf({ canary, target }: WorkloadIntent): KubeObject | undefined {
    return deployments.get({ namespace: canary.namespace, name: target.name });
  }

  function primaryOf({ canary, target }: WorkloadIntent): KubeObject | undefined {
    return deployments.get({ namespace: canary.namespace, name: primaryName(target.name) });
  }

  function observe(intent: WorkloadIntent): WorkloadView {
    const target = targetOf(intent);
    const held = primaryOf(intent);
    return looks.get(intent, [target, held, ...serviceSet.live(intent)], () => look(intent, target, held));
  }

  function compare(intent: WorkloadIntent, pods: Pods): Comparison {
    const { target, primary, selector } = pods;
    return {
      primaryMatchesTarget:
        target !== undefined &&
        primary !== undefined &&
        selector !== undefined &&
        holdsTemplate(primary, readDeployment(target).template, selector),
      servicesReady: serviceSet.ready(intent, pods),
    };
  }

  function look(
    intent: WorkloadIntent,
    target: KubeObject | undefined,
    held: KubeObject | undefined,
  ): WorkloadView {
    const primary = held !== undefined && isOwnedBy(held, intent.canary) ? held : undefined;
    const selector = target && selectorOf(readDeployment(target), intent.selectorLabels);
    const revision = primary?.metadata.annotations?.[revisionAnnotation];
    const previous = primary && keptTemplate(primary)?.revision;
    const problem = problemOf(intent, target, held) ?? serviceSet.problem(intent);
    // The status, which changes most, has no part in this.
    const compared = [target, primary].map(pods => pods && readDeployment(pods).spec);
    return {
      ...(target === undefined ? {} : { target: podSetOf(target, intent, intent.readyThreshold.canary) }),
      ...(primary === undefined
        ? {}
        : {
            primary: {
              ...podSetOf(primary, intent, intent.readyThreshold.primary),
              ...(revision === undefined ? {} : { revision }),
              ...(previous === undefined ? {} : { previous }),
            },
          }),
      ...comparisons.get(intent, [...compared, ...serviceSet.live(intent)], () =>
        compare(intent, { target, primary, selector }),
      ),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  return {
    observe,
    async runningImages(intent) {
      const primary = primaryOf(intent);
      const labels = primary === undefined ? {} : readDeployment(primary).matchLabels;
      if (Object.keys(labels).length === 0) return {};
      return runningImages(kube, intent.canary.namespace, labels);
    },

    async applyServices(intent, { apex }) {
      const target = targetOf(intent);
      if (target === undefined) throw new TerminalError('TargetMissing', missing(intent));
      await serviceSet.apply(
        intent,
        { target, primary: primaryOf(intent), selector: requireSelector(intent, target) },
        apex,
      );
    },

    async createPrimary(intent, target, revision) {
      if (primaryOf(intent) !== undefined) return;
      const primary = newPrimary(intent, target, selectorIn(target, intent), revision);
      try {
        deployments.observe(await kube.create(Deployments, primary));
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        // The cache was behind; whose it is, the next pass judges from what is really there.
        const live = await kube.get(Deployments, primary.metadata);
        if (live !== undefined) deployments.observe(live);
      }
    },

    async writePrimary(intent, from, what) {
      const live = primaryOf(intent);
      if (live === undefined)
        throw new TransientError(`Deployment ${primaryName(intent.target.name)} is not there yet`);
      const foreign = primaryProblem(intent, live);
      if (foreign !== undefined) throw new TerminalError(foreign.reason, foreign.message);
      const patch = promotionPatch(live, from, selectorIn(from, intent), what);
      if (patch !== undefined) deployments.observe(await kube.patch(Deployments, live.metadata, patch));
    },

    async restorePrimary(intent, revision) {
      const live = primaryOf(intent);
      if (live === undefined)
        throw new TransientError(`Deployment ${primaryName(intent.target.name)} is not there yet`);
      const foreign = primaryProblem(intent, live);
      if (foreign !== undefined) throw new TerminalError(foreign.reason, foreign.message);
      const patch = restorePatch(live, revision);
      if (patch === undefined) {
        const name = primaryName(intent.target.name);
        throw new TerminalError('PreviousMissing', `Deployment ${name} keeps no template of ${revision}`);
      }
      deployments.observe(await kube.patch(Deployments, live.metadata, patch));
    },

    async scaleTarget(intent, target, replicas) {
      if (target.replicas === replicas) return;
      const key = { namespace: intent.canary.namespace, name: intent.target.name };
      const { uid, generation } = target;
      const scale = (resourceVersion: string): Promise<KubeObject> =>
        kube.patch(Deployments, key, { metadata: { uid, resourceVersion }, spec: { replicas } });
      try {
        deployments.observe(await scale(target.resourceVersion));
      } catch (error) {
        if (!isConflict(error)) throw error;
        // The controller of Deployments writes the status whenever pods come and go; that changes nothing of what was decided on.
        const now = (await kube.get<KubeObject>(Deployments, key))?.metadata;
        if (now?.uid !== uid || now.generation !== generation) throw error;
        deployments.observe(await scale(now.resourceVersion ?? ''));
      }
    },

    async releaseServices(intent) {
      const target = targetOf(intent);
      const selector = target && selectorOf(readDeployment(target), intent.selectorLabels);
      await serviceSet.release(intent, { target, primary: primaryOf(intent), selector });
    },
  };
}

function podSetOf(object: KubeObject, intent: WorkloadIntent, threshold: number): PodSet {
  const deployment = readDeployment(object);
  const { uid = '', generation = 0, resourceVersion = '', annotations = {}, labels = {} } = object.metadata;
  const selector = selectorOf(deployment, intent.selectorLabels);
  return {
    uid,
    generation,
    resourceVersion,
    replicas: deployment.replicas,
    template: deployment.template,
    images: Object.fromEntries(deployment.containers.map(({ name, image }) => [name, image])),
    readiness: readinessOf(deployment, threshold),
    annotations,
    labels,
    rollout: deployment.rollout,
    ...(selector === undefined ? {} : { selector }),
  };
}

/** The label as it was when the pod set was observed. */
function selectorIn(pods: PodSet, intent: WorkloadIntent): SelectorLabel {
  if (pods.selector !== undefined) return pods.selector;
  throw new TerminalError(
    'SelectorLabelMissing',
    `Deployment ${intent.target.name} has none of the labels ${intent.selectorLabels.join(', ')}`,
  );
}

function requireSelector(intent: WorkloadIntent, target: KubeObject): SelectorLabel {
  const deployment = readDeployment(target);
  const problem = selectorProblem(deployment, intent.selectorLabels);
  const selector = selectorOf(deployment, intent.selectorLabels);
  if (problem === undefined && selector !== undefined) return selector;
  throw new TerminalError(problem?.reason ?? '', problem?.message ?? '');
}

function missing({ canary, target }: WorkloadIntent): string {
  return `Deployment ${target.name} is not in namespace ${canary.namespace}`;
}

function problemOf(
  intent: WorkloadIntent,
  target: KubeObject | undefined,
  primary: KubeObject | undefined,
): WorkloadView['problem'] {
  if (target === undefined) return { reason: 'TargetMissing', message: missing(intent) };
  return selectorProblem(readDeployment(target), intent.selectorLabels) ?? primaryProblem(intent, primary);
}

function primaryProblem(intent: WorkloadIntent, primary: KubeObject | undefined): WorkloadView['problem'] {
  if (primary === undefined || isOwnedBy(primary, intent.canary)) return undefined;
  const name = primaryName(intent.target.name);
  return {
    reason: 'PrimaryForeign',
    message: `Deployment ${name} exists already and is ${holderOf(primary)}; delete it or rename it, so that Siskin can make its own`,
  };
}
