/** Applications: what the pods of either arm count themselves, under the names of the common client libraries. */
import { type Arm, counter, type Family, histogram, workloadOf } from './family.ts';
import { podPattern } from './pod-names.ts';
import type { Matcher, Selector, VantageSubject } from './port.ts';
import { is, matches } from './selector.ts';

/** The labels that scrape configurations give to a pod: Prometheus Operator, Flagger's chart, OTLP. */
const placements = [
  ['namespace', 'pod'],
  ['kubernetes_namespace', 'kubernetes_pod_name'],
  ['k8s_namespace_name', 'k8s_pod_name'],
] as const;

function podsOf(
  { namespace, target }: Pick<VantageSubject, 'namespace' | 'target'>,
  arm: Arm,
): (readonly Matcher[])[] | undefined {
  const pods = podPattern(target, arm);
  return pods === undefined
    ? undefined
    : placements.map(([where, which]) => [is(where, namespace), matches(which, pods)]);
}

/** The series of a metric that the pods of one side have, by each of those names; undefined where the sides' pods cannot be told apart. */
export function ofPods(
  { metric, matchers }: Selector,
  subject: Pick<VantageSubject, 'namespace' | 'target'>,
  arm: Arm,
): readonly Selector[] | undefined {
  return podsOf(subject, arm)?.map(pods => ({ metric, matchers: [...matchers, ...pods] }));
}

/** `statuses`: label names of the status code, of which a library has one. */
function application(needs: string, requests: string, duration: string, statuses: readonly string[]): Family {
  return {
    reporter: 'pods',
    needs,
    series(subject, arm) {
      const pods = podsOf(subject, arm);
      return (
        pods && {
          counters: pods.flatMap(labels => statuses.map(status => counter(requests, status, labels))),
          histograms: pods.map(labels => histogram(duration, 1_000, labels)),
        }
      );
    },
  };
}

const statusLabels = ['status', 'status_code', 'code'];
const scraped = 'scraped by pod with the labels namespace and pod';

/** Flagger's convention, and what middlewares of prom-client and others call it. */
export const kubernetes = application(
  `the application's histogram http_request_duration_seconds with a label for the status, ${scraped}`,
  'http_request_duration_seconds_count',
  'http_request_duration_seconds',
  statusLabels,
);

/** A counter of its own beside the histogram, as Go's promhttp and the instrumentators for Python have it. */
export const httpRequests = application(
  `the application's counter http_requests_total with a label for the status, ${scraped}`,
  'http_requests_total',
  'http_request_duration_seconds',
  statusLabels,
);

/** Spring Boot. */
export const micrometer = application(
  `Micrometer's http_server_requests_seconds (Spring Boot's /actuator/prometheus), ${scraped}`,
  'http_server_requests_seconds_count',
  'http_server_requests_seconds',
  ['status'],
);

const probes = '/(health|healthz|ready|readyz|live|livez|metrics)(/.*)?';

/** The semantic conventions for HTTP servers, stable since 1.23. Probes would dilute the errors of real requests. */
export const opentelemetry: Family = {
  reporter: 'pods',
  needs:
    "OpenTelemetry's http.server.request.duration, with the labels namespace and pod, or k8s.namespace.name and k8s.deployment.name promoted from the resource",
  series(subject, arm) {
    const deployment = [
      is('k8s_namespace_name', subject.namespace),
      is('k8s_deployment_name', workloadOf(subject, arm)),
    ];
    const real: Matcher = { label: 'http_route', op: '!~', value: probes };
    const places = [...(podsOf(subject, arm) ?? []), deployment].map(labels => [...labels, real]);
    const base = 'http_server_request_duration_seconds';
    return {
      counters: places.map(labels => counter(`${base}_count`, 'http_response_status_code', labels)),
      histograms: places.map(labels => histogram(base, 1_000, labels)),
    };
  },
};
