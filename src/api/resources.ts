/** The resources that Siskin reads or writes, as URLs name them. */
import type { Resource } from '../runtime/port.ts';

const siskin = { group: 'siskin.dev', version: 'v1beta1' } as const;

export const Canaries: Resource = { ...siskin, kind: 'Canary', plural: 'canaries', namespaced: true };
export const MetricTemplates: Resource = {
  ...siskin,
  kind: 'MetricTemplate',
  plural: 'metrictemplates',
  namespaced: true,
};
export const AlertProviders: Resource = {
  ...siskin,
  kind: 'AlertProvider',
  plural: 'alertproviders',
  namespaced: true,
};
export const ManifestRepositories: Resource = {
  ...siskin,
  kind: 'ManifestRepository',
  plural: 'manifestrepositories',
  namespaced: false,
};
export const Deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
export const Services: Resource = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
};
export const Secrets: Resource = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
};
export const Pods: Resource = { ...Services, kind: 'Pod', plural: 'pods' };
export const HttpRoutes: Resource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  kind: 'HTTPRoute',
  plural: 'httproutes',
  namespaced: true,
};
export const Gateways: Resource = { ...HttpRoutes, kind: 'Gateway', plural: 'gateways' };
export const GatewayClasses: Resource = {
  ...HttpRoutes,
  kind: 'GatewayClass',
  plural: 'gatewayclasses',
  namespaced: false,
};

export const ImageUpdateAutomations: Resource = {
  group: 'image.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'ImageUpdateAutomation',
  plural: 'imageupdateautomations',
  namespaced: true,
};
export const ImagePolicies: Resource = {
  ...ImageUpdateAutomations,
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
};

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
