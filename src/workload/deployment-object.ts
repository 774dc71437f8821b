/** Reads the few fields of a Deployment that matter here, once per version of the object. */
import { z } from 'zod';
import type { KubeObject } from '../runtime/port.ts';

const labels = z.record(z.string(), z.string());

const ContainerPort = z.object({
  name: z.string().optional(),
  containerPort: z.number(),
  protocol: z.string().default('TCP'),
});
export type ContainerPort = z.infer<typeof ContainerPort>;

const Template = z.object({
  metadata: z.object({ labels: labels.default({}) }).default({ labels: {} }),
  spec: z.object({
    containers: z.array(
      z.object({
        name: z.string(),
        image: z.string().default(''),
        ports: z.array(ContainerPort).default([]),
      }),
    ),
  }),
});

const Spec = z.object({
  replicas: z.number().default(1),
  selector: z.object({ matchLabels: labels.default({}) }),
  template: z.record(z.string(), z.unknown()),
  minReadySeconds: z.unknown().optional(),
  revisionHistoryLimit: z.unknown().optional(),
  strategy: z.unknown().optional(),
  progressDeadlineSeconds: z.unknown().optional(),
});

const Status = z.object({
  observedGeneration: z.number().default(0),
  replicas: z.number().default(0),
  updatedReplicas: z.number().default(0),
  availableReplicas: z.number().default(0),
  conditions: z
    .array(z.object({ type: z.string(), status: z.string(), reason: z.string().default('') }))
    .default([]),
});

/** What is read of the spec; the very same object for versions that share their spec. */
interface DeploymentSpec {
  readonly replicas: number;
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly template: Readonly<Record<string, unknown>>;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly containers: z.infer<typeof Template>['spec']['containers'];
  readonly rollout: Readonly<Record<string, unknown>>;
}

export interface DeploymentObject extends DeploymentSpec {
  readonly metadata: KubeObject['metadata'];
  readonly spec: DeploymentSpec;
  readonly status: z.infer<typeof Status>;
}

// Objects in a cache never change, and every pass of every Canary asks for them again.
const read = new WeakMap<KubeObject, DeploymentObject>();
/** Caches share the spec between versions that differ in their status alone. */
const specs = new WeakMap<object, DeploymentSpec>();

export function readDeployment(object: KubeObject): DeploymentObject {
  const known = read.get(object);
  if (known !== undefined) return known;
  const spec = readSpec(object.spec);
  const status = Status.parse(object.status ?? {});
  const parsed: DeploymentObject = { metadata: object.metadata, ...spec, spec, status };
  read.set(object, parsed);
  return parsed;
}

function readSpec(source: unknown): DeploymentSpec {
  const isObject = typeof source === 'object' && source !== null;
  const known = isObject ? specs.get(source) : undefined;
  if (known !== undefined) return known;
  const { replicas, selector, template, ...rollout } = Spec.parse(source);
  const pods = Template.parse(template);
  const spec: DeploymentSpec = {
    replicas,
    matchLabels: selector.matchLabels,
    template,
    podLabels: pods.metadata.labels,
    containers: pods.spec.containers,
    rollout,
  };
  if (isObject) specs.set(source, spec);
  return spec;
}
