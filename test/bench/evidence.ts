/** The processor time of judging many canaries by evidence: reading, differencing, judging and writing, in this process; servers in another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KubeConfig } from '@kubernetes/client-node';
import { parseCanary } from '../../src/api/parse.ts';
import { Canaries } from '../../src/api/resources.ts';
import { gatherEvidence } from '../../src/controller/evidence.ts';
import { isRefusal, type Model, readCanary } from '../../src/controller/model.ts';
import type { Settings as OperatorSettings } from '../../src/controller/ports.ts';
import { mergePatch } from '../../src/controller/status.ts';
import type { CheckEvidence } from '../../src/core/evidence/check-evidence.ts';
import { recordEvidence } from '../../src/core/evidence/release.ts';
import { isUnhurried } from '../../src/core/evidence/unhurried.ts';
import { soundState } from '../../src/core/status.ts';
import { createSeriesReader } from '../../src/metrics/series/reader.ts';
import { createServers } from '../../src/metrics/servers.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createKubeClient } from '../../src/runtime/kube.ts';
import type { KubeObject } from '../../src/runtime/port.ts';
import { createKubernetesRouter } from '../../src/traffic/kubernetes.ts';
import { note, step } from '../kind/lib/progress.ts';
import { line, type Results } from './report.ts';

const namespace = 'bench';
const pollSeconds = 5;
/** Their first pass reads ten minutes, and the code is not compiled yet. */
const unmeasured = 4;
const rounds = 10;
const operator: OperatorSettings = {
  provider: 'gatewayapi:v1',
  selectorLabels: ['app'],
  operatorNamespace: 'siskin-system',
  breakerLimit: 5,
  breakerWindowMs: 600_000,
  gitWrites: false,
  revertsPerHour: 0,
};
const router = createKubernetesRouter();
const silent = { verdict: () => undefined };

/** Every round stands for five seconds in which every canary is judged once; time is told, so that no round waits for it. */
export async function measureEvidence(canaries: number): Promise<Results> {
  const program = fileURLToPath(new URL('stand-ins/evidence-servers.ts', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { value: port } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const url = `http://127.0.0.1:${Number(port)}`;
  const kube = createKubeClient({ kubeConfig: configOf(url), version: 'bench' });
  let now = Math.floor(Date.now() / 1_000) * 1_000;
  const clock = { ...systemClock, now: () => now };
  const servers = createServers({
    readSecret: () => Promise.resolve(undefined),
    defaultServer: { address: url },
    clock,
    timeoutMs: 60_000,
  });
  const ports = {
    routers: { gatewayapi: router, kubernetes: router },
    series: createSeriesReader({ servers, clock }),
    clock,
    observe: silent,
  };

  let decided: CheckEvidence | undefined;

  async function judge(object: KubeObject): Promise<KubeObject> {
    const model = modelOf(object);
    const { status } = model.canary;
    const { context } = soundState(status, model.plan, now);
    const evidence = await gatherEvidence(model, context, now, ports);
    if (evidence === undefined || status.run === undefined) throw new Error('the stand-in is no run');
    decided = evidence.decisive;
    const run = { ...status.run, evidence: recordEvidence(evidence) };
    const next = { ...status, message: evidence.decisive.message, run };
    if (isUnhurried(status, next, model.plan.evidence, now)) return object;
    const patch = mergePatch(status, next);
    const { name, resourceVersion } = object.metadata;
    const change = { metadata: { resourceVersion }, status: patch };
    const written = await kube.patch(Canaries, { namespace, name }, change, { subresource: 'status' });
    // As the operator's cache has it: versions that differ in their status alone share the spec.
    return { ...written, spec: object.spec };
  }

  const results: Results = { figures: [], missing: [] };
  try {
    let objects = await Promise.all(
      Array.from({ length: canaries }, async (_, index) =>
        kube.patch(Canaries, { namespace, name: `web-${index}` }, { ...canaryOf(`web-${index}`, now) }, {}),
      ),
    );
    const shares: number[] = [];
    await step(`judging ${canaries} canaries every ${pollSeconds} s`, async () => {
      for (let round = 1; round <= unmeasured + rounds; round += 1) {
        now += pollSeconds * 1_000;
        const before = process.cpuUsage();
        objects = await Promise.all(objects.map(judge));
        const { user, system } = process.cpuUsage(before);
        if (round > unmeasured) shares.push((user + system) / 1e4 / pollSeconds);
      }
    });
    if (decided?.action !== 'advance')
      throw new Error(`not judged as a healthy one: ${decided?.message ?? 'nothing was judged'}`);
    const metric = `Evidence: ${canaries} canaries judged every ${pollSeconds} s by two checks, processor time of reading, judging and writing`;
    const figure = { metric, unit: '% of a core', values: shares, goal: '10' };
    note(line(figure));
    results.figures.push(figure);
  } catch (error) {
    results.missing.push({ metric: 'Evidence', why: error instanceof Error ? error.message : String(error) });
  } finally {
    servers.close();
    await kube.close();
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  }
  return results;
}

function modelOf(object: KubeObject): Model {
  const model = readCanary(object, operator);
  if (isRefusal(model)) throw new Error(model.message);
  return model;
}

function configOf(server: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'bench', server, skipTLSVerify: true }, { name: 'bench' });
  return config;
}

/** A release that began just now, compared by errors and held by a burn rate. */
function canaryOf(name: string, at: number): KubeObject {
  const began = new Date(at).toISOString();
  const object = {
    apiVersion: 'siskin.dev/v1beta1',
    kind: 'Canary',
    metadata: { name, namespace, uid: name, generation: 1 },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80, gatewayRefs: [{ name: 'gateway', namespace: 'default' }] },
      analysis: {
        interval: '30s',
        stepWeights: [10, 30, 50],
        vantage: 'traefik',
        checks: [
          { name: 'errors', compare: {} },
          { name: 'budget', burnRate: { objective: 99, window: '1m' } },
        ],
      },
    },
    status: {
      phase: 'Progressing',
      canaryWeight: 10,
      promoted: { revision: 'v1-00000000000000aa', at: began },
      run: {
        id: 'run-1',
        revision: 'v1-0123456789abcdef',
        startedAt: began,
        weightAt: began,
        stepAt: began,
      },
    },
  };
  const parsed = parseCanary(object);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return object;
}
