/** Installs into a cluster what the suite needs beside Siskin, and waits until all of it serves. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ensureGatewayApi } from '../build/binaries.ts';
import { ensureDebianPackages } from '../build/debian.ts';
import { type ClusterDriver, type ImageArchive, nodePorts } from '../cluster/driver.ts';
import { applyManifests, runKubectl } from '../cluster/kubectl.ts';
import { toolsArchive } from '../images/built-images.ts';
import { hasDocker } from '../images/docker.ts';
import { staticArchives } from '../images/static-images.ts';
import { clusterFolder } from '../lib/paths.ts';
import { step } from '../lib/progress.ts';
import { waitFor } from '../lib/wait.ts';
import { gitServerSecrets } from './git-secrets.ts';

/** Namespace and Deployment by manifest, in the order in which they are waited for. */
const deployments: Record<string, [namespace: string, name: string]> = {
  coredns: ['kube-system', 'coredns'],
  gateway: ['traefik', 'traefik'],
  prometheus: ['monitoring', 'prometheus'],
  git: ['git', 'git-server'],
  slack: ['slack', 'slack'],
  load: ['load', 'load'],
};

function scrapeInterval(): string {
  const interval = process.env['SISKIN_SCRAPE_INTERVAL'] || '1s';
  if (!/^\d+(ms|s|m)$/.test(interval))
    throw new Error(`SISKIN_SCRAPE_INTERVAL=${interval} is not a duration such as 1s`);
  return interval;
}

/** A changed image of the same name, or a changed ConfigMap, would not restart a pod; this value in its environment does. */
function manifestOf(addon: string, images: ImageArchive[]): string {
  let text = readFileSync(join(import.meta.dirname, `${addon}.yaml`), 'utf8').replaceAll(
    'SCRAPE_INTERVAL',
    scrapeInterval(),
  );
  for (const { name, file } of images) {
    const digest = createHash('sha256').update(file).update(text).digest('hex').slice(0, 12);
    const line = new RegExp(`^( +)image: ${name}$`, 'gm');
    text = text.replaceAll(line, `$&\n$1env: [{name: INPUTS, value: "${digest}"}]`);
  }
  return text;
}

async function installGatewayApi(driver: ClusterDriver): Promise<void> {
  const folder = await ensureGatewayApi();
  const access = driver.access();
  const files = readdirSync(folder).filter(name => name.startsWith('gateway.networking.k8s.io_'));
  const flags = ['--server-side', '--force-conflicts', '--field-manager=siskin-fixture'];
  await runKubectl(access, ['apply', ...flags, ...files.flatMap(name => ['-f', join(folder, name)])]);
  const names = ['gatewayclasses', 'gateways', 'httproutes'].map(
    kind => `crd/${kind}.gateway.networking.k8s.io`,
  );
  await runKubectl(access, ['wait', '--for=condition=Established', '--timeout=30s', ...names]);
}

async function waitForDeployment(driver: ClusterDriver, namespace: string, name: string): Promise<void> {
  const access = driver.access();
  try {
    await runKubectl(access, ['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=120s'], {
      timeoutMs: 130_000,
    });
  } catch (error) {
    const pods = await runKubectl(access, ['-n', namespace, 'get', 'pods', '-o', 'wide']);
    const logs = await runKubectl(access, [
      '-n',
      namespace,
      'logs',
      `deployment/${name}`,
      '--all-containers',
      '--tail=15',
    ]).catch((failure: unknown) => String(failure));
    throw new Error(`${namespace}/${name} did not become ready\n${pods}\n${logs}`, { cause: error });
  }
}

/** A cluster that was booted again says "available" of pods from before, until the kubelet has looked. */
async function waitForPorts(host: string): Promise<void> {
  for (const [name, port] of Object.entries(nodePorts)) {
    await waitFor(`${name} to answer on ${host}:${port}`, () => connects(host, port), { timeoutMs: 120_000 });
  }
}

function connects(host: string, port: number): Promise<true> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 2_000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer within 2 s')));
    socket.once('error', reject);
  });
}

function recordFile(cluster: string): string {
  return join(clusterFolder(cluster), 'addons.txt');
}

/** A cluster that was booted afresh has nothing installed, whatever the record of the one before says. */
export function forgetAddons(cluster: string): void {
  rmSync(recordFile(cluster), { force: true });
}

function installed(cluster: string): string {
  try {
    return readFileSync(recordFile(cluster), 'utf8');
  } catch {
    return '';
  }
}

export async function installAddons(driver: ClusterDriver, cluster: string): Promise<void> {
  if (!(await hasDocker())) await ensureDebianPackages(['git', 'openssh-client', 'openssl']);
  const images = [...(await staticArchives()), await toolsArchive()];
  // kind brings its own DNS.
  const addons = Object.keys(deployments).filter(addon => driver.kind === 'embedded' || addon !== 'coredns');
  const manifests = addons.map(addon => manifestOf(addon, images));
  const wanted = createHash('sha256')
    .update(JSON.stringify([manifests, images]))
    .digest('hex');
  if (installed(cluster) === wanted) return;
  await driver.loadImages(images);
  const access = driver.access();
  await step('installing gateway, Prometheus, Git host, Slack stand-in and load generator', async () => {
    await installGatewayApi(driver);
    await applyManifests(access, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'git' } }]);
    await applyManifests(access, await gitServerSecrets(cluster, access.nodeHost, nodePorts.gitSsh));
    await applyManifests(access, manifests.join('\n---\n'));
    for (const addon of addons) {
      const [namespace, name] = deployments[addon] ?? ['', ''];
      await waitForDeployment(driver, namespace, name);
    }
    await waitForPorts(access.nodeHost);
  });
  writeFileSync(recordFile(cluster), wanted);
}
