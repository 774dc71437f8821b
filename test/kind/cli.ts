/** The fixture's command line: up, down, status, kubeconfig, shell, load-image. */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { currentCluster } from './cluster/current.ts';
import { nodePorts } from './cluster/driver.ts';
import { clusterName, removeClusterFolder } from './lib/paths.ts';
import { clusterDown, clusterUp } from './up.ts';

const usage = `usage: test/kind/cli.ts COMMAND
  up                      build what is missing, boot, install the add-ons
  down [--purge]          stop the cluster; with --purge also remove its images, keys and logs
  status                  what runs, and where
  kubeconfig              print the path of the kubeconfig
  shell                   a shell with kubectl and KUBECONFIG set
  load-image FILE NAME    load a docker-archive as NAME
SISKIN_CLUSTER chooses another cluster than "siskin".
`;

async function status(): Promise<number> {
  const driver = await currentCluster();
  const healthy = await driver.isHealthy();
  const lines = driver.describe();
  if (healthy) {
    const { nodeHost, kubeconfig, auditLog } = driver.access();
    lines.push(`  KUBECONFIG=${kubeconfig}`, `  audit log: ${auditLog}`);
    for (const [name, port] of Object.entries(nodePorts)) lines.push(`  ${name}: ${nodeHost}:${port}`);
  }
  process.stdout.write(`${lines.join('\n')}\n${healthy ? 'healthy' : 'not healthy'}\n`);
  return healthy ? 0 : 1;
}

async function shell(): Promise<number> {
  const { kubeconfig, kubectl } = (await currentCluster()).access();
  const path = kubectl.includes('/') ? `${dirname(kubectl)}:${process.env['PATH']}` : process.env['PATH'];
  const env = { ...process.env, KUBECONFIG: kubeconfig, PATH: path, SISKIN_CLUSTER: clusterName() };
  return spawnSync(process.env['SHELL'] || 'bash', { stdio: 'inherit', env }).status ?? 1;
}

async function main([command = '', ...args]: string[]): Promise<number> {
  switch (command) {
    case 'up':
      await clusterUp();
      return status();
    case 'down':
      await clusterDown();
      if (args.includes('--purge')) removeClusterFolder(clusterName());
      return 0;
    case 'status':
      return status();
    case 'kubeconfig':
      process.stdout.write(`${(await currentCluster()).access().kubeconfig}\n`);
      return 0;
    case 'shell':
      return shell();
    case 'load-image': {
      const [file, name] = args;
      if (file === undefined || name === undefined) break;
      await (await currentCluster()).loadImages([{ file, name }]);
      return 0;
    }
    default:
  }
  process.stderr.write(usage);
  return 2;
}

main(process.argv.slice(2)).then(
  code => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env['DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
