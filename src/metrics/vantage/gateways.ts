/** Gateways: one process counts what it sent to either arm, and also the requests that reached no pod. */
import { type Arm, counter, type Family, histogram, serviceOf } from './family.ts';
import type { ArmSeries, Matcher, VantageSubject } from './port.ts';
import { escapeRegex, is, isSet, matches } from './selector.ts';

/** Names a backend `<namespace>-<service>-http-<port>` with every run of other characters as one dash. */
export const traefik: Family = {
  reporter: 'gateway',
  needs: 'the Prometheus metrics of Traefik with labels for services (metrics.prometheus.addServicesLabels)',
  series(subject, arm) {
    const parts = `${subject.namespace}-${serviceOf(subject, arm)}-http-${subject.port}`
      .split(/[^\p{L}\p{N}]+/u)
      .filter(part => part !== '');
    const name = `${parts.join('-')}@kubernetesgateway`;
    // Scraped through a ServiceMonitor, `service` is that of Traefik itself and its own label is renamed.
    const labels = ['service', 'exported_service'];
    return {
      counters: labels.map(label => counter('traefik_service_requests_total', 'code', [is(label, name)])),
      histograms: labels.map(label =>
        histogram('traefik_service_request_duration_seconds', 1_000, [is(label, name)]),
      ),
    };
  },
};

/** A data plane on Envoy, whose clusters are told by name. */
function envoy(needs: string, cluster: (subject: VantageSubject, arm: Arm) => Matcher): Family {
  return {
    reporter: 'gateway',
    needs,
    series: (subject, arm) => clusterSeries(cluster(subject, arm), 'envoy_cluster_upstream_rq'),
  };
}

/** `base`: Envoy counts all requests, and once more those that came from outside. */
function clusterSeries(cluster: Matcher, base: string): ArmSeries {
  return {
    counters: [counter(base, 'envoy_response_code', [cluster])],
    histograms: [histogram(`${base}_time`, 1, [cluster])],
  };
}

const clusterLabel = 'envoy_cluster_name';

/** A cluster for each backend, numbered in the order of the route's, where the primary is the first. */
export const envoyGateway: Family = envoy(
  "a filter on one of the route rule's backendRefs: without one, Envoy Gateway counts both backends together",
  ({ namespace, service }, arm) =>
    matches(
      clusterLabel,
      `httproute/${namespace}/${escapeRegex(service)}/rule/[0-9]+/backend/${arm === 'primary' ? 0 : 1}`,
    ),
);

export const kgateway: Family = {
  reporter: 'gateway',
  needs: "Envoy's own metrics of the gateway pods (port 9091)",
  series(subject, arm) {
    const name = `kube_${subject.namespace}_${serviceOf(subject, arm)}_${subject.port}`;
    return clusterSeries(is(clusterLabel, name), 'envoy_cluster_external_upstream_rq');
  },
};

export const contour: Family = envoy("Envoy's metrics, on port 8002 of its pods", (subject, arm) =>
  matches(clusterLabel, `${subject.namespace}_${escapeRegex(serviceOf(subject, arm))}_[0-9A-Za-z-]+`),
);

/** The name of the CiliumEnvoyConfig stands in front in versions which qualify it. */
export const cilium: Family = envoy("Envoy's metrics of Cilium (envoy.prometheus.enabled)", (subject, arm) =>
  matches(clusterLabel, `(.*/)?${subject.namespace}:${escapeRegex(serviceOf(subject, arm))}:${subject.port}`),
);

/** Keeps no histogram. */
export const nginxGateway: Family = {
  reporter: 'gateway',
  needs: 'NGINX Plus: NGINX Gateway Fabric on open source NGINX counts no requests by backend',
  series(subject, arm) {
    const upstream = is('upstream', `${subject.namespace}_${serviceOf(subject, arm)}_${subject.port}`);
    return { counters: [counter('nginxplus_upstream_server_responses', 'code', [upstream])], histograms: [] };
  },
};

/** Requests to a canary Ingress are counted under the main one, and told by the label `canary`. */
export const nginxIngress: Family = {
  reporter: 'gateway',
  needs: 'the metrics of ingress-nginx (controller.metrics.enabled) and a canary Ingress',
  series({ namespace, ingress }, arm) {
    const labels = [
      is('namespace', namespace),
      is('ingress', ingress),
      arm === 'canary' ? isSet('canary') : is('canary', ''),
    ];
    return {
      counters: [counter('nginx_ingress_controller_requests', 'status', labels)],
      histograms: [histogram('nginx_ingress_controller_response_duration_seconds', 1_000, labels)],
    };
  },
};

/** Routes are named after the Ingress that holds both backends, with every character that is no letter as `_`. */
export const skipper: Family = {
  reporter: 'gateway',
  needs: "Skipper's metrics by route (-route-response-metrics)",
  series(subject, arm) {
    const [namespace, ingress, service] = [
      subject.namespace,
      `${subject.ingress}-canary`,
      serviceOf(subject, arm),
    ].map(name => name.replace(/\W/g, '_'));
    const route = matches('route', `kube(ew)?_${namespace}__${ingress}__.*__${service}(_[0-9]+)?`);
    return {
      counters: [counter('skipper_response_duration_seconds_count', 'code', [route])],
      histograms: [histogram('skipper_response_duration_seconds', 1_000, [route])],
    };
  },
};
