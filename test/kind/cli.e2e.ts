/** The command line on the real cluster: what it says of a release before, during and after it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './e2e/app.ts';
import { operatorWhole } from './e2e/operator.ts';
import { access, prometheusUrl, waitFor } from './fixture.ts';
import { repositoryRoot } from './lib/paths.ts';

const namespace = 'cli';
let app: App;
let prometheus: string;

beforeAll(async () => {
  await operatorWhole();
  prometheus = await prometheusUrl();
  app = await startApp({
    namespace,
    analysis: { interval: '12s', stepWeights: [40, 60], threshold: 2 },
    requestsPerSecond: 60,
  });
});

afterAll(async () => {
  await app.remove();
});

async function siskin(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { kubeconfig } = await access();
  const child = spawn(process.execPath, [join(repositoryRoot, 'src', 'cli', 'main.ts'), ...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: '1' },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, ...output };
}

async function analyze(...args: string[]) {
  return siskin('analyze', 'web', '-n', namespace, '--prometheus', prometheus, ...args);
}

describe('siskin', () => {
  it('plans the release that then takes at least as long', async () => {
    const { code, stdout } = await siskin('plan', 'web', '-n', namespace, '-o', 'json');
    expect(code).toBe(0);
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({ shortest: 36, rollback: { after: 24, failedChecks: 2 } });
    const text = await siskin('plan', 'web', '-n', namespace);
    expect(text.stdout).toMatch(/^cli\/web: canary by weights\n[^]*Shortest {3}36s/);
  });

  it('finds no data for a canary without a release, and says so', async () => {
    expect(await analyze()).toMatchObject({
      code: 5,
      stdout: expect.stringMatching(/request-success-rate +- +at least 95 +noData[^]*No release is running/),
    });
  });

  it('judges a running release as the operator does', async () => {
    const start = Date.now();
    const good = app.canary.runOf(async () => app.release({ version: '1.1.0' }));
    const passing = await waitFor('the check to pass', async () => {
      const ran = await analyze('-o', 'json');
      return ran.code === 0 ? JSON.parse(ran.stdout) : undefined;
    });
    expect(passing).toMatchObject({ checks: [{ outcome: 'pass', value: 100 }] });
    expect(await good).toMatchObject({ phase: 'Succeeded' });
    expect(Date.now() - start).toBeGreaterThan(36_000);
    const bad = app.canary.runOf(async () => app.release({ version: '1.2.0', errorRate: 0.3 }));
    const failing = await waitFor('the check to fail', async () => {
      const ran = await analyze();
      return ran.code === 3 ? ran.stdout : undefined;
    });
    expect(failing).toMatch(/request-success-rate +\d+(\.\d+)? +at least 95 +fail/);
    expect(await bad).toMatchObject({ phase: 'Failed' });
  });

  it('replays what Prometheus remembers of the service', async () => {
    const { code, stdout, stderr } = await analyze('--last', '10m', '-o', 'json');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ vantage: 'traefik', releases: 300 });
    expect(report.past.requests).toBeGreaterThan(1_000);
    const cost = report.checks.map((check: { regressions: { failedRequests: number }[] }) =>
      check.regressions.map(({ failedRequests }) => failedRequests),
    );
    // The threshold of 95 % lets a release with 1 % errors pass, which the comparison need not.
    expect(cost).toEqual([
      [expect.any(Number), expect.any(Number), expect.any(Number)],
      [expect.any(Number), expect.any(Number), expect.any(Number)],
    ]);
    expect(report.checks[0].regressions[2].failed).toBeGreaterThan(95);
    expect((await analyze('--last', '10m')).stdout).toMatch(/^cli\/web: the last \d/);
  });
});
