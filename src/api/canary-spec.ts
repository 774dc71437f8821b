/** The spec of a Canary: Flagger's v1beta1 fields with their meaning, and Siskin's own. */
import { z } from 'zod';
import { CanaryAnalysis } from './analysis.ts';
import { apiVersion, map, namespaceName, objectName, text } from './fields.ts';
import { CanaryPromotion } from './promotion.ts';
import { CanaryRollback } from './rollback.ts';
import { withRule, withTransitionRule } from './rule.ts';
import { CanaryService } from './service.ts';

const providers = [
  'apisix',
  'appmesh',
  'appmesh:v1beta2',
  'contour',
  'gatewayapi:v1',
  'gatewayapi:v1beta1',
  'gloo',
  'istio',
  'knative',
  'kubernetes',
  'kuma',
  'linkerd',
  'nginx',
  'osm',
  'skipper',
  'smi:v1alpha1',
  'smi:v1alpha2',
  'smi:v1alpha3',
  'traefik',
] as const;

function reference<const K extends readonly [string, ...string[]]>(kinds: K) {
  return z.object({
    apiVersion: apiVersion().describe('API version of the object.'),
    kind: z.enum(kinds).describe('Kind of the object.'),
    name: objectName().describe('Name of the object.'),
  });
}

const AutoscalerRef = reference(['HorizontalPodAutoscaler', 'ScaledObject']).extend({
  primaryScalerQueries: map(text(8192), 32)
    .exactOptional()
    .describe("Queries of the primary's triggers, by the trigger's name (KEDA)."),
  primaryScalerReplicas: z
    .object({
      minReplicas: z.int().min(1).max(100_000).exactOptional().describe('Least number of pods.'),
      maxReplicas: z.int().min(1).max(100_000).exactOptional().describe('Greatest number of pods.'),
    })
    .exactOptional()
    .describe("Bounds of the primary's autoscaler; the target's when unset."),
});

const TargetRef = withTransitionRule(
  reference(['DaemonSet', 'Deployment', 'Service']),
  'self == oldSelf',
  'cannot change; make another Canary for another workload',
);

const fields = z.object({
  provider: z
    .enum(providers)
    .exactOptional()
    .describe(
      "What moves the traffic; the operator's default when unset. `kubernetes` is for blue/green without a gateway.",
    ),
  metricsServer: text(2048)
    .regex(/^https?:\/\/[^\s@]+$/, 'must be a URL with http or https and without a user name')
    .exactOptional()
    .describe("URL of the Prometheus for built-in and inline queries; the operator's default when unset."),
  progressDeadlineSeconds: z
    .int()
    .min(1)
    .max(604_800)
    .default(600)
    .describe('Seconds that the canary or the primary may take to become ready.'),
  targetRef: TargetRef.describe(
    'The workload that you own and whose pod template Git changes. Cannot change.',
  ),
  service: CanaryService.describe('The Services and the route.'),
  analysis: CanaryAnalysis.describe('How a revision gets its traffic and by what it is judged.'),
  rollback: CanaryRollback.exactOptional().describe('What follows in Git when a revision has failed.'),
  promotion: CanaryPromotion.exactOptional().describe(
    'The next environments: where a revision is written once it has been promoted here.',
  ),
  skipAnalysis: z
    .boolean()
    .default(false)
    .describe('Promote every revision as soon as it is ready, without checks.'),
  revertOnDeletion: z
    .boolean()
    .default(false)
    .describe('On deletion, give the target its replicas and its Service back before the primary goes.'),
  suspend: z.boolean().default(false).describe('Stop everything; the traffic stays as it is.'),
  autoscalerRef: AutoscalerRef.exactOptional().describe("The target's autoscaler."),
  ingressRef: reference(['Ingress'])
    .exactOptional()
    .describe('The Ingress that sends requests (NGINX, Skipper).'),
  routeRef: reference(['ApisixRoute']).exactOptional().describe('The route that sends requests (APISIX).'),
  upstreamRef: reference(['Upstream'])
    .extend({
      namespace: namespaceName()
        .exactOptional()
        .describe("Namespace of the Upstream; the Canary's own when unset."),
    })
    .exactOptional()
    .describe('The Upstream that is copied (Gloo).'),
});

const named = withRule(fields, {
  cel: "has(self.service.name) || self.targetRef.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && size(self.targetRef.name) <= 55",
  message: 'service.name must be set, because the name of the target cannot be the name of a Service',
  check: ({ service, targetRef: { name } }) =>
    service.name !== undefined || (name.length <= 55 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)),
});

export const CanarySpec = withTransitionRule(
  named,
  '(has(self.service.name) ? self.service.name : self.targetRef.name) == (has(oldSelf.service.name) ? oldSelf.service.name : oldSelf.targetRef.name)',
  'service.name cannot change; make another Canary for another Service',
);
export type CanarySpec = z.infer<typeof CanarySpec>;
