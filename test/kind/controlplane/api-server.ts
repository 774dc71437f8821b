/** What every control plane of the fixture shares: identities, the audit policy and the arguments of its daemons. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, createSigningKey, issueCertificate } from '../lib/certificates.ts';

export type Identity = { user: string; groups: string[] };

export const identities = {
  admin: { user: 'siskin-admin', groups: ['system:masters'] },
  controllerManager: { user: 'system:kube-controller-manager', groups: [] },
  scheduler: { user: 'system:kube-scheduler', groups: [] },
  proxy: { user: 'system:kube-proxy', groups: [] },
  kubelet: { user: 'system:node:siskin', groups: ['system:nodes'] },
} satisfies Record<string, Identity>;

export type Tokens = Record<keyof typeof identities, string>;

export type ApiServerFiles = {
  caFile: string;
  caKeyFile: string;
  servingCertificate: string;
  servingKey: string;
  kubeletClientCertificate: string;
  kubeletClientKey: string;
  signingKey: string;
  signingPublicKey: string;
  tokenFile: string;
  tokens: Tokens;
  auditPolicy: string;
  auditLog: string;
};

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

function newToken(): string {
  return randomBytes(24).toString('hex');
}

function newTokens(): Tokens {
  return {
    admin: newToken(),
    controllerManager: newToken(),
    scheduler: newToken(),
    proxy: newToken(),
    kubelet: newToken(),
  };
}

function savedTokens(file: string): Tokens {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(newTokens()), { mode: 0o600 });
  const tokens: Tokens = JSON.parse(readFileSync(file, 'utf8'));
  return tokens;
}

function writeTokens(file: string): Tokens {
  const tokens = savedTokens(`${file}.json`);
  const lines = Object.entries(tokens).map(([name, token]) => {
    const known: Record<string, Identity> = identities;
    return `${token},${known[name]?.user},${name},"${known[name]?.groups.join(',')}"`;
  });
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return tokens;
}

/** Makes (or finds again) everything in `folder` that an API server reached as one of `hosts` needs. */
export async function prepareApiServer(folder: string, hosts: string[]): Promise<ApiServerFiles> {
  const pki = join(folder, 'pki');
  const authority = await createAuthority(pki, 'siskin-test');
  const serviceHosts = [
    'localhost',
    '127.0.0.1',
    '10.96.0.1',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
  ];
  const [serving, kubeletClient, signing] = await Promise.all([
    issueCertificate(pki, {
      name: 'api-server',
      commonName: 'kube-apiserver',
      hosts: [...new Set([...hosts, ...serviceHosts, 'kubernetes.default.svc.cluster.local'])],
    }),
    issueCertificate(pki, {
      name: 'kubelet-client',
      commonName: 'kube-apiserver',
      organization: 'system:masters',
    }),
    createSigningKey(pki),
  ]);
  const auditPolicyFile = join(folder, 'audit-policy.json');
  writeFileSync(auditPolicyFile, JSON.stringify(auditPolicy));
  const tokenFile = join(folder, 'tokens.csv');
  return {
    caFile: authority.certFile,
    caKeyFile: authority.keyFile,
    servingCertificate: serving.certFile,
    servingKey: serving.keyFile,
    kubeletClientCertificate: kubeletClient.certFile,
    kubeletClientKey: kubeletClient.keyFile,
    signingKey: signing.privateFile,
    signingPublicKey: signing.publicFile,
    tokenFile,
    tokens: writeTokens(tokenFile),
    auditPolicy: auditPolicyFile,
    auditLog: join(folder, 'audit.log'),
  };
}

export type ApiServerAddress = { bind: string; advertise: string; port: number; etcdUrl: string };

export function apiServerArguments(
  files: ApiServerFiles,
  { bind, advertise, port, etcdUrl }: ApiServerAddress,
): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    `--bind-address=${bind}`,
    `--advertise-address=${advertise}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${files.servingCertificate}`,
    `--tls-private-key-file=${files.servingKey}`,
    `--client-ca-file=${files.caFile}`,
    `--kubelet-client-certificate=${files.kubeletClientCertificate}`,
    `--kubelet-client-key=${files.kubeletClientKey}`,
    // Nodes have no name that DNS knows; without this kubectl logs and exec look it up.
    '--kubelet-preferred-address-types=InternalIP',
    `--token-auth-file=${files.tokenFile}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${files.signingPublicKey}`,
    `--service-account-signing-key-file=${files.signingKey}`,
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    '--profiling=false',
  ];
}

/** Data of a test cluster needs no protection against a power cut, and waiting for the disk makes every write slow. */
export function etcdArguments(dataFolder: string, clientUrl: string, peerUrl: string): string[] {
  return [
    '--name=siskin',
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=siskin=${peerUrl}`,
    '--unsafe-no-fsync',
    '--quota-backend-bytes=2147483648',
    '--log-level=warn',
  ];
}

export function controllerManagerArguments(files: ApiServerFiles, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--root-ca-file=${files.caFile}`,
    `--service-account-private-key-file=${files.signingKey}`,
    `--cluster-signing-cert-file=${files.caFile}`,
    `--cluster-signing-key-file=${files.caKeyFile}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
  ];
}
