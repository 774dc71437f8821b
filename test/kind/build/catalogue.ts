/** The programs that the fixture builds from public Go modules, each at a version that is known to work with the others. */
import { join } from 'node:path';
import { fixtureRoot } from '../lib/paths.ts';

export type GoProgram = {
  name: string;
  version: string;
  /** Either a published module, or a folder of this repository that holds a module of its own. */
  source: { module: string } | { folder: string };
  package: string;
  linkerFlags?: string;
  tags?: string[];
  /** Linked with C: the binary runs only where it was built, or on the same Debian. */
  cgo?: boolean;
  /** Folders of the module that the program reads at run time; they are put beside the binary. */
  folders?: string[];
  /** Names by which the one binary is called too. */
  links?: string[];
  /** Told to whoever waits for the first build, measured on two cores. */
  duration: string;
};

const kubernetesVersion = 'v1.34.4';
const versionVariable = '-X k8s.io/component-base/version';

export const kube: GoProgram = {
  name: 'kube',
  version: kubernetesVersion,
  source: { folder: join(fixtureRoot, 'build', 'kube') },
  package: '.',
  // Without a version the kubelet refuses to register.
  linkerFlags: `${versionVariable}.gitVersion=${kubernetesVersion} ${versionVariable}.gitMajor=1 ${versionVariable}.gitMinor=34`,
  links: [
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'kubelet',
    'kubectl',
  ],
  duration: 'about 5 min',
};

export const traefik: GoProgram = {
  name: 'traefik',
  version: 'v3.6.12',
  source: { module: 'github.com/traefik/traefik/v3' },
  package: './cmd/traefik',
  duration: 'about 5 min',
};

export const prometheus: GoProgram = {
  name: 'prometheus',
  version: 'v0.307.3',
  source: { module: 'github.com/prometheus/prometheus' },
  package: './cmd/prometheus',
  duration: 'about 3 min',
};

export const coredns: GoProgram = {
  name: 'coredns',
  version: 'v1.13.1',
  source: { module: 'github.com/coredns/coredns' },
  package: '.',
  duration: 'about 2 min',
};

const fluxSourceModule = { module: 'github.com/fluxcd/source-controller', version: 'v1.8.0' };
const fluxKustomizeModule = { module: 'github.com/fluxcd/kustomize-controller', version: 'v1.9.5' };

export const fluxSource: GoProgram = {
  name: 'source-controller',
  version: fluxSourceModule.version,
  source: fluxSourceModule,
  package: '.',
  duration: 'about 3 min',
};

export const fluxKustomize: GoProgram = {
  name: 'kustomize-controller',
  version: fluxKustomizeModule.version,
  source: fluxKustomizeModule,
  package: '.',
  duration: 'about 2 min',
};

const argoCdModule = { module: 'github.com/argoproj/argo-cd/v3', version: 'v3.3.0' };

export const argoCd: GoProgram = {
  name: 'argocd',
  version: argoCdModule.version,
  source: argoCdModule,
  package: './cmd',
  duration: 'about 4 min',
};

export const gitea: GoProgram = {
  name: 'gitea',
  version: 'v1.25.0',
  source: { module: 'code.gitea.io/gitea' },
  package: '.',
  tags: ['sqlite', 'sqlite_unlock_notify'],
  cgo: true,
  folders: ['options', 'templates', 'public'],
  duration: 'about 4 min',
};

/** Also a registry: `crane registry serve`. */
export const crane: GoProgram = {
  name: 'crane',
  version: 'v0.21.5',
  source: { module: 'github.com/google/go-containerregistry' },
  package: './cmd/crane',
  duration: 'about 30 s',
};

export const demoApp: GoProgram = {
  name: 'demo-app',
  version: 'v1',
  source: { folder: join(fixtureRoot, 'images', 'demo-app') },
  package: '.',
  duration: 'a few seconds',
};

export const pause: GoProgram = {
  name: 'pause',
  version: 'v1',
  source: { folder: join(fixtureRoot, 'images', 'pause') },
  package: '.',
  duration: 'a few seconds',
};

/** Files out of a published module, such as its CustomResourceDefinitions. */
export type ModuleFolder = { name: string; module: string; version: string; folder: string };

export const gatewayApi: ModuleFolder = {
  name: 'gateway-api',
  module: 'sigs.k8s.io/gateway-api',
  version: 'v1.4.0',
  folder: 'config/crd/standard',
};

export const fluxKinds: ModuleFolder[] = [
  { name: 'source-kinds', ...fluxSourceModule, folder: 'config/crd/bases' },
  { name: 'kustomize-kinds', ...fluxKustomizeModule, folder: 'config/crd/bases' },
];

export const argoCdKinds: ModuleFolder = { name: 'argocd-kinds', ...argoCdModule, folder: 'manifests/crds' };
