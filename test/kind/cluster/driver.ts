/** What the suite needs from a cluster, whoever runs it: kind where there is Docker, the embedded one elsewhere. */

export type ImageArchive = { name: string; file: string };

/** Where the host finds the cluster. Node ports are fixed, so that an address plus a port is all there is to know. */
export type ClusterAccess = { kubeconfig: string; kubectl: string; nodeHost: string; auditLog: string };

export type ClusterDriver = {
  kind: 'embedded' | 'kind';
  isHealthy(): Promise<boolean>;
  /** Boots afresh; whatever is left of an earlier attempt is removed first. */
  create(): Promise<void>;
  destroy(): Promise<void>;
  loadImages(images: ImageArchive[]): Promise<void>;
  access(): ClusterAccess;
  /** One line per part, for people. */
  describe(): string[];
};

/** Ports of the node by which tests and people reach what runs in the cluster. */
export const nodePorts = {
  gateway: 30080,
  prometheus: 30090,
  slack: 30085,
  load: 30086,
  gitHttps: 30443,
  gitSsh: 30022,
} as const;

/** Of what is installed only by the test that needs it. */
export const laterNodePorts = { gitea: 30444, registry: 30445 } as const;
