/** The built-in checks `request-success-rate` (percent) and `request-duration` (P99, ms) as PromQL, by where requests are counted. */
import { duration, escapeRegex, labelIs, labelMatches } from './promql.ts';

const builtinNames = ['request-success-rate', 'request-duration'] as const;
export type BuiltinName = (typeof builtinNames)[number];

/** What the queries select by. */
export interface BuiltinSubject {
  readonly namespace: string;
  /** The target workload's name. */
  readonly target: string;
  /** The apex Service's name; the canary's is this plus `-canary`. */
  readonly service: string;
  readonly port: number;
}

/** How one data plane counts requests. */
interface Series {
  /** The counter of requests. */
  readonly requests: string;
  /** The label that holds the HTTP status code. */
  readonly status: string;
  /** The classic histogram of durations, and how many ms its unit is. */
  readonly buckets: string;
  readonly unitMs: number;
  /** Alternative label matchers for the same canary, since scrape configurations name labels differently. */
  readonly selectors: readonly string[];
}

/** Undefined when it cannot be told which series are the canary's. */
type Vantage = (subject: BuiltinSubject) => Series | undefined;

const vantages: Readonly<Record<string, Vantage>> = {
  'traefik.io/gateway-controller': traefik,
  'istio.io/gateway-controller': istio,
  kubernetes,
};

export function isBuiltin(name: string): name is BuiltinName {
  return builtinNames.some(each => each === name);
}

/** The query, or a sentence that says why there is none and what to do. */
export function builtinQuery(
  name: BuiltinName,
  vantage: string,
  subject: BuiltinSubject,
  windowMs: number,
): { readonly query: string } | { readonly problem: string } {
  if (!Object.hasOwn(vantages, vantage)) {
    const known = Object.keys(vantages).join(', ');
    return {
      problem: `${name} is not built in for '${vantage}' (known: ${known}); name a MetricTemplate in templateRef`,
    };
  }
  const series = vantages[vantage]?.(subject);
  if (series === undefined) {
    const remedy = 'name a MetricTemplate in templateRef';
    return {
      problem: `${name} cannot tell pods of '${subject.target}' from its primary's, the name is too long; ${remedy}`,
    };
  }
  const window = duration(windowMs);
  return {
    query: name === 'request-success-rate' ? successRate(series, window) : durationP99(series, window),
  };
}

/** No 5xx series gives 100; no request gives no series at all, because neither 0 nor 100 would be true. */
function successRate({ requests, status, selectors }: Series, window: string): string {
  const failed = rate(
    requests,
    selectors.map(each => `${each},${labelMatches(status, '5..')}`),
    window,
  );
  // Without a status nothing could be counted as failed, and everything would look fine.
  const all = rate(
    requests,
    selectors.map(each => `${each},${status}!=""`),
    window,
  );
  return `100 * (1 - (sum(${failed}) or vector(0)) / (sum(${all}) > 0))`;
}

/** NaN when there was no request. */
function durationP99({ buckets, unitMs, selectors }: Series, window: string): string {
  return `${unitMs} * histogram_quantile(0.99, sum by (le) (${rate(buckets, selectors, window)}))`;
}

function rate(metric: string, selectors: readonly string[], window: string): string {
  return selectors.map(selector => `rate(${metric}{${selector}}[${window}])`).join(' or ');
}

/** Traefik names a backend `<namespace>-<service>-http-<port>` with every run of other characters as one dash. */
function traefik({ namespace, service, port }: BuiltinSubject): Series {
  const parts = `${namespace}-${service}-canary-http-${port}`
    .split(/[^\p{L}\p{N}]+/u)
    .filter(part => part !== '');
  const name = `${parts.join('-')}@kubernetesgateway`;
  return {
    requests: 'traefik_service_requests_total',
    status: 'code',
    buckets: 'traefik_service_request_duration_seconds_bucket',
    unitMs: 1000,
    // Scraped through a ServiceMonitor, `service` is that of Traefik itself and its own label is renamed.
    selectors: [labelIs('service', name), labelIs('exported_service', name)],
  };
}

/** As the gateway reports it, so that pods without a sidecar, and requests that reached no pod, count too. */
function istio({ namespace, service }: BuiltinSubject): Series {
  const canary = [
    labelIs('reporter', 'source'),
    labelIs('destination_service_namespace', namespace),
    labelIs('destination_service_name', `${service}-canary`),
  ];
  return {
    requests: 'istio_requests_total',
    status: 'response_code',
    buckets: 'istio_request_duration_milliseconds_bucket',
    unitMs: 1,
    selectors: [canary.join(',')],
  };
}

/** The letters and digits of which Kubernetes makes hashes and suffixes; `primary` cannot be spelled with them. */
const generated = '[bcdfghjklmnpqrstvwxz2456789]';
/** From here on the pods' names are cut, first the dash before the suffix, then `-primary` beyond recognition. */
const longestWhole = 46;
const longestTold = 53;

/** As the application itself reports it, pod by pod: blue/green without a data plane that counts. */
function kubernetes({ namespace, target }: BuiltinSubject): Series | undefined {
  if (target.length > longestTold) return undefined;
  const suffix =
    target.length > longestWhole
      ? `(${generated}|-){5,16}`
      : // Deployments put a hash before the suffix, DaemonSets do not. Pods of `<target>-<word>` match neither.
        `(${generated}{6,10}-)?${generated}{5}`;
  const pods = `${escapeRegex(target)}-${suffix}`;
  return {
    requests: 'http_request_duration_seconds_count',
    status: 'status',
    buckets: 'http_request_duration_seconds_bucket',
    unitMs: 1000,
    selectors: [
      `${labelIs('namespace', namespace)},${labelMatches('pod', pods)}`,
      `${labelIs('kubernetes_namespace', namespace)},${labelMatches('kubernetes_pod_name', pods)}`,
    ],
  };
}
