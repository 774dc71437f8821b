/** `spec.service`: the Services that Siskin makes for a Canary and how requests reach them. */
import { z } from 'zod';
import {
  duration,
  filled,
  list,
  map,
  namespaceName,
  objectName,
  opaque,
  portNumber,
  text,
} from './fields.ts';
import { HttpMatch } from './http-match.ts';
import { withRule } from './rule.ts';

const HeaderChange = z.object({
  add: map(text(4096), 16).exactOptional().describe('Headers to append, by name.'),
  set: map(text(4096), 16).exactOptional().describe('Headers to replace, by name.'),
  remove: list(filled(256), 16).exactOptional().describe('Names of headers to remove.'),
});

const ServiceMetadata = z.object({
  labels: map(text(63), 64).exactOptional().describe('Labels to set.'),
  annotations: map(text(16_384), 64).exactOptional().describe('Annotations to set.'),
});

const StringMatchOnly = z.object({
  exact: text(1024).exactOptional().describe('The origin is exactly this.'),
  prefix: text(1024).exactOptional().describe('The origin starts with this.'),
  regex: text(1024).exactOptional().describe('The origin matches this regular expression.'),
});

const GatewayRef = z.object({
  group: text(253).default('gateway.networking.k8s.io').describe('API group of the parent.'),
  kind: filled(63).default('Gateway').describe('Kind of the parent.'),
  namespace: namespaceName()
    .exactOptional()
    .describe("Namespace of the parent; the Canary's own when unset."),
  name: objectName().describe('Name of the parent.'),
  sectionName: filled(253).exactOptional().describe('Listener of the Gateway; every listener when unset.'),
  port: portNumber().exactOptional().describe('Port of the listener; every port when unset.'),
});

const MirrorBackend = withRule(
  z.object({
    group: text(253).exactOptional().describe('API group of the backend; core when unset.'),
    kind: filled(63).default('Service').describe('Kind of the backend.'),
    name: objectName().describe('Name of the backend.'),
    namespace: namespaceName()
      .exactOptional()
      .describe("Namespace of the backend; the Canary's own when unset."),
    port: portNumber().exactOptional().describe('Port of the backend.'),
  }),
  {
    cel: "self.kind != 'Service' || has(self.port)",
    message: 'port must be set for a Service',
    check: value => value.kind !== 'Service' || value.port !== undefined,
  },
);

const TargetPort = withRule(
  z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true, maxLength: 15 }),
  {
    cel: "type(self) == int ? self >= 1 && self <= 65535 : self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && size(self) <= 15",
    message: 'must be a port from 1 to 65535, or the name of a container port',
    check: value =>
      typeof value === 'number'
        ? value >= 1 && value <= 65_535
        : value.length <= 15 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value),
  },
);

const serviceFields = {
  name: filled(55)
    .regex(
      /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
      'must be the name of a Service: lower case letters, digits and dashes',
    )
    .exactOptional()
    .describe(
      "Name of the apex Service and of the route; the target's name when unset. Cannot change. `-primary` and `-canary` are added for the other two Services.",
    ),
  port: portNumber().describe('Port on which the Services listen.'),
  portName: filled(63).default('http').describe('Name of that port.'),
  targetPort: TargetPort.exactOptional().describe(
    'Port of the container, by number or by name; the same as `port` when unset.',
  ),
  appProtocol: filled(253).exactOptional().describe('Application protocol of the port, such as `grpc`.'),
  portDiscovery: z
    .boolean()
    .default(false)
    .describe("Also publish every other port of the target's containers."),
  headless: z
    .boolean()
    .default(false)
    .describe('Make Services without a cluster IP. Counts at creation only.'),
  trafficDistribution: z
    .enum(['PreferClose', 'PreferSameZone', 'PreferSameNode'])
    .exactOptional()
    .describe('Which endpoints of the Services are preferred.'),
  apex: ServiceMetadata.exactOptional().describe('Metadata of the apex Service and of the route.'),
  primary: ServiceMetadata.exactOptional().describe('Metadata of the primary Service.'),
  canary: ServiceMetadata.exactOptional().describe('Metadata of the canary Service.'),
  unmanagedMetadata: z
    .object({
      labels: list(filled(317), 64).exactOptional().describe('Label keys.'),
      annotations: list(filled(317), 64).exactOptional().describe('Annotation keys.'),
    })
    .exactOptional()
    .describe('Keys on the Services which belong to others and are left alone.'),
};

const routeFields = {
  gatewayRefs: list(GatewayRef, 32)
    .exactOptional()
    .describe('Gateways to which the HTTPRoute is attached (Gateway API).'),
  hosts: list(filled(253), 16).exactOptional().describe('Host names of the route.'),
  match: list(HttpMatch, 16)
    .exactOptional()
    .describe('Requests that the route takes; all of them when unset.'),
  rewrite: z
    .object({
      uri: text(1024).exactOptional().describe('New path.'),
      authority: text(253).exactOptional().describe('New host name.'),
      type: text(63)
        .exactOptional()
        .describe('`ReplacePrefixMatch` replaces the matched prefix; anything else the full path.'),
    })
    .exactOptional()
    .describe('Rewrites the path and the host name before the request is sent on.'),
  headers: z
    .object({
      request: HeaderChange.exactOptional().describe('Changes to the request.'),
      response: HeaderChange.exactOptional().describe('Changes to the response.'),
    })
    .exactOptional()
    .describe('Changes to headers.'),
  timeout: duration()
    .exactOptional()
    .describe('Time limit of a request, retries included, for example `15s`.'),
  backendTimeout: duration()
    .exactOptional()
    .describe('Time limit of one try against a backend, for example `5s`.'),
  corsPolicy: z
    .object({
      allowOrigin: list(filled(253), 64).exactOptional().describe('Allowed origins, exact.'),
      allowOrigins: list(StringMatchOnly, 64).exactOptional().describe('Allowed origins, by match.'),
      allowMethods: list(filled(32), 16).exactOptional().describe('Allowed methods.'),
      allowHeaders: list(filled(256), 64).exactOptional().describe('Allowed request headers.'),
      exposeHeaders: list(filled(256), 64)
        .exactOptional()
        .describe('Response headers that scripts may read.'),
      allowCredentials: z.boolean().exactOptional().describe('Whether requests may carry credentials.'),
      maxAge: duration()
        .exactOptional()
        .describe('How long browsers may keep a preflight answer, for example `24h`.'),
    })
    .exactOptional()
    .describe('Cross-origin resource sharing.'),
  mirror: list(z.object({ backendRef: MirrorBackend.describe('The backend.') }), 16)
    .exactOptional()
    .describe('Backends that get a copy of every request (Gateway API).'),
};

const meshFields = {
  gateways: list(filled(320), 16).exactOptional().describe('Istio gateways.'),
  delegation: z.boolean().exactOptional().describe('Make a delegate VirtualService (Istio).'),
  trafficPolicy: opaque().exactOptional().describe('Traffic policy of the DestinationRules (Istio).'),
  retries: z
    .object({
      attempts: z.int().min(0).max(100).exactOptional().describe('Number of retries.'),
      perTryTimeout: duration().exactOptional().describe('Time limit of one try.'),
      retryOn: text(1024).exactOptional().describe('Conditions on which to retry.'),
    })
    .exactOptional()
    .describe('Retries of requests (Istio, Contour).'),
  meshName: text(253).exactOptional().describe('Name of the mesh (App Mesh).'),
  backends: list(filled(253), 64).exactOptional().describe('Backends of the virtual node (App Mesh).'),
};

export const CanaryService = z.object({ ...serviceFields, ...routeFields, ...meshFields });
