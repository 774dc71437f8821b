/** Keys, certificates and passwords of the cluster's Git host; made once per cluster folder and kept. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '../lib/certificates.ts';
import { clusterFolder } from '../lib/paths.ts';
import { run } from '../lib/run.ts';

export type GitAccess = {
  caFile: string;
  username: string;
  password: string;
  /** Private key which may read and write over SSH. */
  identityFile: string;
  knownHostsFile: string;
};

const username = 'siskin';

function read(file: string): string {
  return readFileSync(file, 'utf8');
}

function folderOf(cluster: string): string {
  return clusterFolder(cluster, 'git');
}

function usersOf(folder: string): Record<string, string> {
  const file = join(folder, 'users.json');
  if (!existsSync(file)) {
    const users = { [username]: randomBytes(20).toString('hex'), developer: randomBytes(20).toString('hex') };
    writeFileSync(file, JSON.stringify(users), { mode: 0o600 });
  }
  const users: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'));
  return users;
}

async function sshKey(file: string, comment: string): Promise<string> {
  if (!existsSync(file))
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8').trim();
}

const serviceNames = [
  'git-server',
  'git-server.git',
  'git-server.git.svc',
  'git-server.git.svc.cluster.local',
];

export function gitAccessOf(cluster: string): GitAccess {
  const folder = folderOf(cluster);
  return {
    caFile: join(folder, 'tls', 'ca.crt'),
    username,
    password: usersOf(folder)[username] ?? '',
    identityFile: join(folder, 'identity'),
    knownHostsFile: join(folder, 'known_hosts'),
  };
}

function secret(
  name: string,
  data: Record<string, string>,
  { type = 'Opaque', namespace = 'git' }: { type?: string; namespace?: string } = {},
): object {
  return { apiVersion: 'v1', kind: 'Secret', type, metadata: { name, namespace }, stringData: data };
}

/** The Secrets of the Git server; the node's address is in the certificate, so that the host can push by it. */
export async function gitServerSecrets(
  cluster: string,
  nodeHost: string,
  sshNodePort: number,
): Promise<object[]> {
  const folder = folderOf(cluster);
  const tls = join(folder, 'tls');
  mkdirSync(tls, { recursive: true });
  await createAuthority(tls, 'siskin-test-git');
  const hosts = [...serviceNames, nodeHost, 'localhost', '127.0.0.1'];
  const pair = await issueCertificate(tls, {
    name: 'server',
    commonName: 'git-server',
    hosts: [...new Set(hosts)],
  });
  const hostKey = await sshKey(join(folder, 'host-key'), 'git-server');
  const identity = await sshKey(join(folder, 'identity'), username);
  const [type, key] = hostKey.split(' ');
  const known = [...serviceNames, `[${nodeHost}]:${sshNodePort}`].map(host => `${host} ${type} ${key}`);
  writeFileSync(join(folder, 'known_hosts'), `${known.join('\n')}\n`);
  return [
    secret(
      'git-server-tls',
      { 'tls.crt': read(pair.certFile), 'tls.key': read(pair.keyFile), 'ca.crt': read(join(tls, 'ca.crt')) },
      { type: 'kubernetes.io/tls' },
    ),
    secret('git-server-users', { 'users.json': JSON.stringify(usersOf(folder)) }),
    secret('git-server-ssh', {
      'host-key': read(join(folder, 'host-key')),
      'authorized-keys': `${identity}\n`,
    }),
  ];
}

/** Of Gitea, whose certificate is by the same authority. */
export type GiteaAccess = { caFile: string; password: string };

export function giteaAccessOf(cluster: string): GiteaAccess {
  const folder = folderOf(cluster);
  const file = join(folder, 'gitea-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(20).toString('hex'), { mode: 0o600 });
  return { caFile: join(folder, 'tls', 'ca.crt'), password: read(file) };
}

export async function giteaSecret(cluster: string, nodeHost: string): Promise<object> {
  const tls = join(folderOf(cluster), 'tls');
  const hosts = ['gitea.gitea.svc', nodeHost];
  const pair = await issueCertificate(tls, { name: 'gitea', commonName: 'gitea', hosts });
  const data = {
    'tls.crt': read(pair.certFile),
    'tls.key': read(pair.keyFile),
    password: giteaAccessOf(cluster).password,
  };
  return secret('gitea', data, { namespace: 'gitea' });
}
