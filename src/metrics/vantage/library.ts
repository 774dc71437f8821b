/** The library of vantage points: from the name of one, or of a gateway's controller, to the series of both arms. */
import { type VantageName, vantageNames } from '../../api/vantage.ts';
import type { Family } from './family.ts';
import {
  cilium,
  contour,
  envoyGateway,
  kgateway,
  nginxGateway,
  nginxIngress,
  skipper,
  traefik,
} from './gateways.ts';
import { hubble, istio, istioDestination, istioWaypoint, linkerd, linkerdOutbound } from './meshes.ts';
import { httpRequests, kubernetes, micrometer, opentelemetry } from './pods.ts';
import type { VantageSeries, VantageSubject } from './port.ts';

const families: Readonly<Record<VantageName, Family>> = {
  traefik,
  istio,
  'istio-workload': istioDestination,
  'istio-waypoint': istioWaypoint,
  'envoy-gateway': envoyGateway,
  kgateway,
  contour,
  cilium,
  hubble,
  linkerd,
  'linkerd-outbound': linkerdOutbound,
  'nginx-gateway': nginxGateway,
  'nginx-ingress': nginxIngress,
  skipper,
  opentelemetry,
  kubernetes,
  'http-requests': httpRequests,
  micrometer,
};

/** By `spec.controllerName` of the GatewayClass. */
const controllers: ReadonlyMap<string, VantageName> = new Map([
  ['traefik.io/gateway-controller', 'traefik'],
  ['istio.io/gateway-controller', 'istio'],
  ['gateway.envoyproxy.io/gatewayclass-controller', 'envoy-gateway'],
  ['kgateway.dev/kgateway', 'kgateway'],
  ['projectcontour.io/gateway-controller', 'contour'],
  ['io.cilium/gateway-controller', 'cilium'],
  ['gateway.nginx.org/nginx-gateway-controller', 'nginx-gateway'],
]);

/** Gateways which count the requests of a route, whichever backend they went to. */
const inseparable: ReadonlyMap<string, string> = new Map([
  ['konghq.com/kic-gateway-controller', 'Kong'],
  ['konghq.com/gateway-operator', 'Kong'],
  ['apisix.apache.org/apisix-ingress-controller', 'APISIX'],
]);

const remedy = `let the pods count, with one of the vantage points opentelemetry, kubernetes, http-requests and micrometer`;

/** Undefined for a controller, or a name, that is not known. */
export function vantageNameOf(vantage: string): VantageName | undefined {
  return vantageNames.find(name => name === vantage) ?? controllers.get(vantage);
}

/** `vantage`: a name of the library, or a GatewayClass' controller name. Else a sentence that says why there is nothing, with a remedy. */
export function vantageSeries(
  vantage: string,
  subject: VantageSubject,
): VantageSeries | { readonly problem: string } {
  const gateway = inseparable.get(vantage);
  if (gateway !== undefined) {
    return { problem: `${gateway} does not count requests by backend; ${remedy}` };
  }
  const name = vantageNameOf(vantage);
  if (name === undefined) {
    const known = [...vantageNames, ...controllers.keys()].join(', ');
    return { problem: `nothing is known of the metrics of '${vantage}' (known: ${known}); ${remedy}` };
  }
  const foreign = Object.values(subject).find(value => typeof value === 'string' && !isDnsName(value));
  if (foreign !== undefined) return { problem: 'a name of the Canary is not a Kubernetes name' };
  const family = families[name];
  const canary = family.series(subject, 'canary');
  const primary = family.series(subject, 'primary');
  if (canary === undefined || primary === undefined) {
    return {
      problem: `the pods of '${subject.target}' cannot be told from its primary's, the name is too long`,
    };
  }
  return { name, reporter: family.reporter, needs: family.needs, canary, primary };
}

/** Names are put into patterns, of which they must not be able to be more than the text. An Ingress may be absent. */
export function isDnsName(value: string): boolean {
  return value.length <= 253 && /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/.test(value);
}
