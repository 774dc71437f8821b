/** The names of vantage points: who counts the requests of a canary and of its primary. */

export const vantageNames = [
  'traefik',
  'istio',
  'istio-workload',
  'istio-waypoint',
  'envoy-gateway',
  'kgateway',
  'contour',
  'cilium',
  'hubble',
  'linkerd',
  'linkerd-outbound',
  'nginx-gateway',
  'nginx-ingress',
  'skipper',
  'opentelemetry',
  'kubernetes',
  'http-requests',
  'micrometer',
] as const;
export type VantageName = (typeof vantageNames)[number];
