/** A Canary as the operator would read it, out of the cluster or a file. */
import { Canaries } from '../api/resources.ts';
import { isRefusal, type Model, readCanary } from '../controller/model.ts';
import type { Settings } from '../controller/ports.ts';
import type { KubeObject } from '../runtime/port.ts';
import type { Cluster } from './cluster.ts';
import { Failure } from './failure.ts';

/** The operator's own defaults: only what concerns a Canary's analysis is used here. */
const settings: Settings = {
  provider: 'gatewayapi:v1',
  selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
  operatorNamespace: 'siskin-system',
  breakerLimit: 5,
  breakerWindowMs: 300_000,
  gitWrites: false,
  revertsPerHour: 30,
};

export async function fetchCanary({ kube, namespace }: Cluster, name: string): Promise<Model> {
  const object = await kube.get(Canaries, { namespace, name });
  if (object === undefined) {
    throw new Failure(
      `Canary ${namespace}/${name} does not exist; see kubectl get canaries.siskin.dev -A, and -n for another namespace`,
    );
  }
  return modelOf(object, `Canary ${namespace}/${name}`);
}

/** Failure with the fields that are wrong. */
export function modelOf(object: KubeObject, what: string): Model {
  const read = readCanary(object, settings);
  if (isRefusal(read)) throw new Failure(`${what}: ${read.message}`);
  return read;
}
