/** Traces what Argo CD applied: from the workload's tracking annotation or label to its Application, and on to sources and commits. */
import type { KubeClient, ObjectKey } from '../runtime/port.ts';
import { annotate, notTold, readAgentObject } from './agent-object.ts';
import { ApplicationObject, Applications } from './argocd-objects.ts';
import { appliedRevisions, listsWorkload } from './argocd-revision.ts';
import { tracedSources } from './argocd-source.ts';
import type { AppliedWorkload, Trace, Tracer } from './port.ts';

const trackingAnnotation = 'argocd.argoproj.io/tracking-id';
const instanceLabel = 'app.kubernetes.io/instance';

export interface ArgoCdTracerOptions {
  readonly kube: KubeClient;
  /** Where Argo CD itself is installed: Applications there are tracked by their bare name. */
  readonly namespace: string;
}

export function createArgoCdTracer({ kube, namespace }: ArgoCdTracerOptions): Tracer {
  return {
    isClaimed: workload => ownerOf(workload, namespace) !== undefined,

    async trace(workload): Promise<Trace> {
      const owner = ownerOf(workload, namespace);
      if (owner === undefined)
        return notTold(
          `${workload.kind} ${workload.name} has no annotation ${trackingAnnotation} of its own`,
        );
      const what = `Application ${owner.namespace}/${owner.name}`;
      const application = await readAgentObject(kube, Applications, owner, ApplicationObject);
      if ('why' in application) return application;
      if (!listsWorkload(application.status, workload))
        return notTold(`${what} does not list ${workload.kind} ${workload.name} among its resources`);
      const revisions = appliedRevisions(application.status, workload);
      return revisions === undefined
        ? notTold(`${what} does not tell the commit it applied`)
        : tracedSources(what, application, revisions);
    },

    async nudge(workload) {
      const owner = ownerOf(workload, namespace);
      if (owner === undefined) return;
      const application = await readAgentObject(kube, Applications, owner, ApplicationObject);
      if ('why' in application || !listsWorkload(application.status, workload)) return;
      const { sourceHydrator } = application.spec;
      await annotate(kube, Applications, owner, {
        'argocd.argoproj.io/refresh': 'normal',
        ...(sourceHydrator === undefined ? {} : { 'argocd.argoproj.io/hydrate': 'normal' }),
      });
    },
  };
}

/**
 * The annotation is `<application>:<group>/<kind>:<namespace>/<name>` and must speak of the workload itself, since it is
 * copied along with manifests. The label, Argo CD's default before 3.0, is a Helm release's name as often, and counts only
 * where there is no annotation. An Application outside of Argo CD's namespace is `<namespace>_<name>` in both.
 */
function ownerOf(
  { group, kind, namespace, name, labels, annotations }: AppliedWorkload,
  controlPlane: string,
): Required<ObjectKey> | undefined {
  const tracking = annotations[trackingAnnotation];
  if (tracking === undefined) return keyOf(labels[instanceLabel] ?? '', controlPlane);
  const [application = '', type, object] = tracking.split(':');
  if (type !== `${group}/${kind}` || object !== `${namespace}/${name}`) return undefined;
  return keyOf(application, controlPlane);
}

function keyOf(instance: string, controlPlane: string): Required<ObjectKey> | undefined {
  const [, namespace = controlPlane, name = ''] = /^(?:([^_]*)_)?([^_]*)$/u.exec(instance) ?? [];
  const isName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/u;
  return isName.test(namespace) && isName.test(name) ? { namespace, name } : undefined;
}
