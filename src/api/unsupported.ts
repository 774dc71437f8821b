/** Fields which the kinds accept, because Flagger has them or their time will come, and which Siskin cannot act on yet. */
import type { AlertProviderSpec } from './alert-provider.ts';
import type { CanarySpec } from './canary-spec.ts';
import type { MetricTemplateSpec } from './metric-template.ts';

export interface UnsupportedField {
  /** Path of the field, such as `spec.service.match[0].scheme`. */
  readonly field: string;
  /** For people: why, and what to do instead. */
  readonly message: string;
}

interface Row {
  /** Path below `spec`; `[]` stands for every item of a list, `*` for every entry of a map. */
  readonly path: string;
  readonly message: string;
  /** The values which are built, where the field is not unsupported altogether. */
  readonly built?: readonly unknown[];
}

const istioOnly = 'works with Istio only, which is not built yet';
const gloo = 'works with Gloo only, which is not built yet';
const exactOnly = 'cannot be matched by the Gateway API; use exact or regex';

const canaryRows: readonly Row[] = [
  {
    path: 'provider',
    built: ['gatewayapi:v1', 'gatewayapi:v1beta1', 'kubernetes'],
    message: 'is not built yet; use gatewayapi:v1 or kubernetes',
  },
  { path: 'targetRef.kind', built: ['Deployment'], message: 'is not built yet; only Deployment is' },
  { path: 'autoscalerRef', message: 'is not built yet; take the autoscaler away to use this Canary' },
  { path: 'ingressRef', message: 'works with NGINX and Skipper only, which are not built yet' },
  { path: 'routeRef', message: 'works with APISIX only, which is not built yet' },
  { path: 'upstreamRef', message: gloo },
  { path: 'analysis.match', message: 'is not built yet (A/B testing); use stepWeight or iterations' },
  { path: 'analysis.mirror', message: 'is not built yet' },
  { path: 'analysis.mirrorWeight', message: 'is not built yet' },
  { path: 'analysis.sessionAffinity', message: 'is not built yet' },
  {
    path: 'analysis.webhooks',
    message: 'are not built yet; use checks[].webhook to judge and alerts to tell',
  },
  { path: 'service.delegation', message: istioOnly },
  { path: 'service.gateways', message: `${istioOnly}; use gatewayRefs` },
  { path: 'service.trafficPolicy', message: istioOnly },
  { path: 'service.retries', message: 'works with Istio and Contour only, which are not built yet' },
  { path: 'service.meshName', message: 'works with App Mesh only, which is not built' },
  { path: 'service.backends', message: 'works with App Mesh only, which is not built' },
  { path: 'service.corsPolicy', message: 'is not built yet for the Gateway API' },
  { path: 'service.mirror', message: 'is not built yet for the Gateway API' },
  { path: 'service.gatewayRefs[].kind', built: ['Gateway'], message: 'is not built yet; only Gateway is' },
  { path: 'service.match[].scheme', message: istioOnly },
  { path: 'service.match[].authority', message: `${istioOnly}; use hosts` },
  { path: 'service.match[].withoutHeaders', message: istioOnly },
  { path: 'service.match[].port', message: istioOnly },
  { path: 'service.match[].gateways', message: istioOnly },
  { path: 'service.match[].sourceLabels', message: istioOnly },
  { path: 'service.match[].sourceNamespace', message: istioOnly },
  { path: 'service.match[].ignoreUriCase', message: istioOnly },
  { path: 'service.match[].uri.suffix', message: 'cannot be matched by the Gateway API; use regex' },
  { path: 'service.match[].method.prefix', message: 'cannot be matched by the Gateway API; use exact' },
  { path: 'service.match[].method.suffix', message: 'cannot be matched by the Gateway API; use exact' },
  { path: 'service.match[].method.regex', message: 'cannot be matched by the Gateway API; use exact' },
  { path: 'service.match[].headers.*.prefix', message: exactOnly },
  { path: 'service.match[].headers.*.suffix', message: exactOnly },
  { path: 'service.match[].queryParams.*.prefix', message: exactOnly },
  { path: 'service.match[].queryParams.*.suffix', message: exactOnly },
];

const metricTemplateRows: readonly Row[] = [
  { path: 'provider.type', built: ['prometheus'], message: 'is not built yet; only prometheus is' },
];

const alertProviderRows: readonly Row[] = [
  { path: 'type', built: ['slack'], message: 'is not built yet; only slack is' },
];

/** A field that is switched off or empty asks for nothing. */
function asks(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function child(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}

interface Found {
  readonly field: string;
  readonly value: unknown;
}

function expand({ field, value }: Found, part: string): Found[] {
  const name = part.replace('[]', '');
  if (name === '*') {
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    return keys.map(key => ({ field: `${field}.${key}`, value: child(value, key) }));
  }
  const next = { field: `${field}.${name}`, value: child(value, name) };
  if (name === part) return [next];
  const items: readonly unknown[] = Array.isArray(next.value) ? next.value : [];
  return items.map((item, index) => ({ field: `${next.field}[${index}]`, value: item }));
}

function find(spec: unknown, rows: readonly Row[]): UnsupportedField[] {
  return rows.flatMap(({ path, message, built }) => {
    let found: Found[] = [{ field: 'spec', value: spec }];
    for (const part of path.split('.')) found = found.flatMap(one => expand(one, part));
    return found
      .filter(({ value }) => asks(value) && built?.includes(value) !== true)
      .map(({ field, value }) => ({
        field,
        message: typeof value === 'string' && built !== undefined ? `${value} ${message}` : message,
      }));
  });
}

/** What this Canary asks for and would not get; it must not run before the list is empty. */
export function unsupportedFields(spec: CanarySpec): UnsupportedField[] {
  return find(spec, canaryRows);
}

export function unsupportedMetricTemplate(spec: MetricTemplateSpec): UnsupportedField[] {
  return find(spec, metricTemplateRows);
}

export function unsupportedAlertProvider(spec: AlertProviderSpec): UnsupportedField[] {
  return find(spec, alertProviderRows);
}
