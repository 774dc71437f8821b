/** What the sampler does about a Prometheus that takes its time: limits on waiting, on queries at once, one question asked once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckRequest, Sample } from '../../src/metrics/port.ts';
import { createSampler } from '../../src/metrics/sampler.ts';
import { answerVector, type Behaviour, type FakePrometheus, startFakePrometheus } from './fake-prometheus.ts';

const at = 1_700_000_000_123;
let server: FakePrometheus;
let sampler: ReturnType<typeof createSampler>;

beforeEach(async () => {
  server = await startFakePrometheus();
  sampler = samplerWith(5_000);
});
afterEach(async () => {
  sampler.close();
  await server.close();
});

function samplerWith(timeoutMs: number): ReturnType<typeof createSampler> {
  return createSampler({
    readSecret: () => Promise.resolve(undefined),
    defaultServer: { address: server.url },
    clock: { now: () => at },
    timeoutMs,
  });
}

function check(query = 'up', more: Partial<CheckRequest> = {}): CheckRequest {
  return {
    metric: { name: 'custom', query },
    names: {
      name: 'podinfo',
      namespace: 'shop',
      target: 'podinfo',
      service: 'podinfo',
      ingress: 'podinfo',
      route: 'podinfo',
    },
    port: 80,
    vantage: 'kubernetes',
    arm: 'canary',
    windowMs: 60_000,
    at,
    ...more,
  };
}

function sampleOf(behaviour: Behaviour, query?: string): Promise<Sample> {
  server.behave(behaviour);
  return sampler.sample(check(query));
}

describe('a server that takes its time', () => {
  beforeEach(() => {
    sampler.close();
    sampler = samplerWith(300);
  });

  it('is given up on when it does not answer', async () => {
    await expect(sampleOf(() => undefined)).resolves.toEqual({
      kind: 'error',
      why: `${server.url}: no complete answer within 0.3 s`,
    });
  });

  it('is given up on when it answers byte by byte', async () => {
    let timer: NodeJS.Timeout | undefined;
    const sample = await sampleOf((_, response) => {
      response.writeHead(200);
      timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    clearInterval(timer);
    expect(sample).toEqual({ kind: 'error', why: expect.stringMatching(/no complete answer/) });
  });

  it('gets at most eight queries at once, and who waits in vain gives up without asking', async () => {
    server.behave(() => undefined);
    const samples = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sampler.sample(check(`up + ${index}`))),
    );
    expect(samples.every(sample => sample.kind === 'error')).toBe(true);
    expect(server.seen).toHaveLength(8);
  });
});

describe('many questions', () => {
  it('are asked once while the same one is under way, and anew afterwards', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    server.behave((request, response) => void released.then(() => answerVector(request, response, '7')));
    const samples = [check(), check(), check('other')].map(request => sampler.sample(request));
    release();
    await expect(Promise.all(samples)).resolves.toEqual(samples.map(() => ({ kind: 'value', value: 7, at })));
    expect(server.seen).toHaveLength(2);
    await sampler.sample(check());
    expect(server.seen).toHaveLength(3);
  });
});
