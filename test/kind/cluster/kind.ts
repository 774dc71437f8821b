/** The cluster where Docker is: kind, set up so that the suite finds the same ports, audit log and images as elsewhere. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterFolder } from '../lib/paths.ts';
import { step } from '../lib/progress.ts';
import { type RunResult, run } from '../lib/run.ts';
import {
  type ClusterAccess,
  type ClusterDriver,
  type ImageArchive,
  laterNodePorts,
  nodePorts,
} from './driver.ts';
import { runKubectl } from './kubectl.ts';

const auditFolder = '/var/log/siskin-audit';
const policyPath = '/etc/siskin/audit-policy.yaml';

function volume(name: string, path: string, pathType: 'File' | 'DirectoryOrCreate'): object {
  return { name, hostPath: path, mountPath: path, pathType, readOnly: pathType === 'File' };
}

export class KindCluster implements ClusterDriver {
  readonly kind = 'kind';
  readonly cluster: string;
  readonly folder: string;

  constructor(cluster: string) {
    this.cluster = cluster;
    this.folder = clusterFolder(cluster);
  }

  #kind(args: string[], timeoutMs = 60_000): Promise<RunResult> {
    return run('kind', [...args, '--name', this.cluster], { timeoutMs });
  }

  #configuration(): string {
    const policy = join(this.folder, 'audit-policy.yaml');
    const rules = 'omitStages: [RequestReceived]\nrules: [{level: Metadata}]\n';
    writeFileSync(policy, `apiVersion: audit.k8s.io/v1\nkind: Policy\n${rules}`);
    const patch = {
      kind: 'ClusterConfiguration',
      apiServer: {
        extraArgs: {
          'audit-log-path': `${auditFolder}/audit.log`,
          'audit-policy-file': policyPath,
        },
        extraVolumes: [
          volume('audit-policy', policyPath, 'File'),
          volume('audit-log', auditFolder, 'DirectoryOrCreate'),
        ],
      },
    };
    const audit = join(this.folder, 'audit');
    mkdirSync(audit, { recursive: true });
    const config = {
      kind: 'Cluster',
      apiVersion: 'kind.x-k8s.io/v1alpha4',
      nodes: [
        {
          role: 'control-plane',
          kubeadmConfigPatches: [JSON.stringify(patch)],
          extraMounts: [
            { hostPath: policy, containerPath: policyPath, readOnly: true },
            { hostPath: audit, containerPath: auditFolder },
          ],
          extraPortMappings: [...Object.values(nodePorts), ...Object.values(laterNodePorts)].map(port => ({
            containerPort: port,
            hostPort: port,
            listenAddress: '127.0.0.1',
          })),
        },
      ],
    };
    const file = join(this.folder, 'kind.json');
    writeFileSync(file, JSON.stringify(config, null, 2));
    return file;
  }

  async isHealthy(): Promise<boolean> {
    const known = (await run('kind', ['get', 'clusters'])).stdout.split('\n').includes(this.cluster);
    if (!known || !existsSync(this.access().kubeconfig)) return false;
    return runKubectl(this.access(), ['get', '--raw', '/readyz']).then(
      () => true,
      () => false,
    );
  }

  async create(): Promise<void> {
    await this.destroy();
    const { kubeconfig } = this.access();
    const args = [
      'create',
      'cluster',
      '--wait',
      '120s',
      '--config',
      this.#configuration(),
      '--kubeconfig',
      kubeconfig,
    ];
    await step(`creating kind cluster ${this.cluster}`, () => this.#kind(args, 600_000), 'about a minute');
  }

  async destroy(): Promise<void> {
    await this.#kind(['delete', 'cluster'], 120_000);
    rmSync(join(this.folder, 'audit'), { recursive: true, force: true });
  }

  async loadImages(images: ImageArchive[]): Promise<void> {
    for (const { name, file } of images) {
      await step(`loading image ${name}`, () => this.#kind(['load', 'image-archive', file], 300_000));
    }
  }

  access(): ClusterAccess {
    return {
      kubeconfig: join(this.folder, 'kubeconfig'),
      kubectl: 'kubectl',
      nodeHost: '127.0.0.1',
      auditLog: join(this.folder, 'audit', 'audit.log'),
    };
  }

  describe(): string[] {
    return [`cluster ${this.cluster} (kind), state in ${this.folder}`];
  }
}
