/** Service meshes: the proxies beside the pods count, or a gateway of the mesh does. */
import { type Arm, counter, type Family, histogram, serviceOf, workloadOf } from './family.ts';
import type { ArmSeries, Matcher, VantageSubject } from './port.ts';
import { is, isSet, matches } from './selector.ts';

/** `0` is written where the connection broke before an answer. */
const brokenOrServerError = '0|5..';

function istioSeries(arm: readonly Matcher[]): ArmSeries {
  const code = 'response_code';
  return {
    counters: [
      {
        total: { metric: 'istio_requests_total', matchers: [...arm, isSet(code)] },
        bad: [matches(code, brokenOrServerError), ...grpcErrors],
      },
    ],
    histograms: [histogram('istio_request_duration_milliseconds', 1, arm)],
  };
}

/** The codes of gRPC which are the server's fault: unknown, deadline exceeded, unimplemented, internal, unavailable, data loss. */
const grpcErrors = [matches('grpc_response_status', '2|4|12|13|14|15')];

/** As the gateway reports it, so that pods without a sidecar, and requests that reached no pod, count too. */
export const istio: Family = {
  reporter: 'gateway',
  needs: "the metrics of Istio's gateway pods (port 15020, /stats/prometheus)",
  series: (subject, arm) =>
    istioSeries([
      is('reporter', 'source'),
      is('destination_service_namespace', subject.namespace),
      is('destination_service_name', serviceOf(subject, arm)),
    ]),
};

function istioWorkload(reporter: 'destination' | 'waypoint') {
  return (subject: VantageSubject, arm: Arm) =>
    istioSeries([
      is('reporter', reporter),
      is('destination_workload_namespace', subject.namespace),
      is('destination_workload', workloadOf(subject, arm)),
    ]);
}

export const istioDestination: Family = {
  reporter: 'pods',
  needs: "Istio's sidecars in the pods, and their metrics",
  series: istioWorkload('destination'),
};

export const istioWaypoint: Family = {
  reporter: 'gateway',
  needs: "a waypoint of Istio's ambient mode in front of the Services; ztunnel alone counts no requests",
  series: istioWorkload('waypoint'),
};

/** Failures are classified by the proxy: 5xx, and gRPC's codes. */
export const linkerd: Family = {
  reporter: 'pods',
  needs: "Linkerd's proxies in the pods, and their metrics",
  series(subject, arm) {
    const pods = [
      is('namespace', subject.namespace),
      is('deployment', workloadOf(subject, arm)),
      is('direction', 'inbound'),
    ];
    return {
      counters: [
        {
          total: { metric: 'response_total', matchers: [...pods, isSet('classification')] },
          bad: [is('classification', 'failure')],
        },
      ],
      histograms: [histogram('response_latency_ms', 1, pods)],
    };
  },
};

/** As the callers' proxies report it for each backend of a route on the apex Service. */
export const linkerdOutbound: Family = {
  reporter: 'gateway',
  needs: "Linkerd's proxies beside the callers, and a route whose parent is the Service",
  series(subject, arm) {
    const backend = [
      is('parent_namespace', subject.namespace),
      is('parent_name', subject.service),
      is('backend_name', serviceOf(subject, arm)),
    ];
    return {
      counters: [
        {
          total: { metric: 'outbound_http_route_backend_response_statuses_total', matchers: backend },
          bad: [matches('http_status', '5..'), isSet('error')],
        },
      ],
      histograms: [histogram('outbound_http_route_backend_response_duration_seconds', 1_000, backend)],
    };
  },
};

/** Counted by Cilium's proxy on the node of the pods. */
export const hubble: Family = {
  reporter: 'pods',
  needs:
    "Hubble's metric httpV2 with labelsContext=destination_namespace,destination_workload, and a layer 7 policy",
  series(subject, arm) {
    const pods = [
      is('reporter', 'server'),
      is('destination_namespace', subject.namespace),
      is('destination_workload', workloadOf(subject, arm)),
    ];
    return {
      counters: [counter('hubble_http_requests_total', 'status', pods)],
      histograms: [histogram('hubble_http_request_duration_seconds', 1_000, pods)],
    };
  },
};
