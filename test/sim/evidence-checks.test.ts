/** Releases judged by other checks than the comparison of counts: limits, burn rates, gauges and webhooks. */
import { expect, test } from 'vitest';
import type { WebhookRequest } from '../../src/webhook/port.ts';
import { statusOf } from './oracle/replay.ts';
import { incident, phaseIs, releasing, until } from './releasing.ts';

test('a limit that is certainly exceeded takes the release back, whatever the primary does', async () => {
  const checks = [{ name: 'ceiling', threshold: { maxErrorPercent: 2 } }];
  const world = await releasing('app:v2', { errors: () => 0.06 }, { checks });
  await until(world, phaseIs(world, 'Failed'));
  const { verdict } = statusOf(world.canary()).run ?? {};
  expect(verdict).toMatchObject({ check: 'ceiling', kind: 'Fail', limit: 'at most 2 %' });
});

test('a burning error budget holds a release, which goes on when it is over', async () => {
  const burnRate = { objective: 99, window: '30s', max: 1 };
  const checks = [
    { name: 'errors', compare: {} },
    { name: 'slo', burnRate },
  ];
  const world = await releasing('app:v2', { errors: incident }, { checks });
  await until(world, () => statusOf(world.canary()).reason === 'SharedIncident', 120);
  expect(statusOf(world.canary()).message).toMatch(/^slo: .+ the error budget burns \S+ times as fast/u);
  await until(world, phaseIs(world, 'Succeeded'));
});

test('with a long window a short peak of errors lets the release pass, and one that lasts holds it', async () => {
  const burnRate = { objective: 99, window: '20s', longWindow: '1m', max: 1 };
  const checks = [{ name: 'slo', burnRate }];
  const peak = await releasing(
    'app:v2',
    { errors: (_, at) => (at > 141 && at < 149 ? 0.05 : 0.001) },
    { checks },
  );
  await until(peak, phaseIs(peak, 'Succeeded'));
  const story = (statusOf(peak.canary()).run?.steps ?? []).map(({ text }) => text).join(' ');
  expect(story).toMatch(
    /passed .+ slo: .+ burns [1-9]\S* times as fast as allowed \(limit 1\), over 1m 0\S+ times/u,
  );
  const lasting = await releasing('app:v2', { errors: incident }, { checks });
  await until(lasting, () => statusOf(lasting.canary()).reason === 'SharedIncident', 120);
  expect(statusOf(lasting.canary()).message).toMatch(/^slo: .+, over 1m \S+ times/u);
  await until(lasting, phaseIs(lasting, 'Succeeded'));
});

function gauge(image: string, at: number): number {
  return (image.includes('bad') ? 150 : 100) + (at % 3);
}

test("pods that need more memory than the primary's take the release back, and others are promoted", async () => {
  const checks = [{ name: 'memory', gauge: { metric: 'memory_bytes', every: '5s' } }];
  const good = await releasing('app:v2', { gauge }, { checks });
  await until(good, phaseIs(good, 'Succeeded'));
  const bad = await releasing('app:bad', { gauge }, { checks });
  await until(bad, phaseIs(bad, 'Failed'));
  expect(statusOf(bad.canary()).run?.verdict).toMatchObject({
    check: 'memory',
    kind: 'Fail',
    limit: 'at most 10 % above the primary',
  });
});

test('a gauge that no pod of the canary has holds the run and is named', async () => {
  const checks = [{ name: 'queue', gauge: { metric: 'queue_length' } }];
  const world = await releasing('app:v2', {}, { checks });
  await until(world, () => statusOf(world.canary()).reason === 'NoData', 120);
  expect(statusOf(world.canary()).message).toMatch(/no series matches queue_length\{namespace=.+pod=~.+/u);
});

function hook(webhook: object = {}): Record<string, unknown> {
  return { checks: [{ name: 'judge', webhook: { url: 'http://judge.shop/ask', every: '10s', ...webhook } }] };
}

test('a webhook is told of the release and asked for every step; a good answer promotes, a bad one takes back', async () => {
  const world = await releasing('app:v2', {}, hook({ metadata: { team: 'shop' } }));
  const asked: WebhookRequest[] = [];
  world.webhook = request => {
    asked.push(request);
    return { kind: 'answered', status: 204, text: '' };
  };
  await until(world, phaseIs(world, 'Succeeded'));
  const { run } = statusOf(world.canary());
  expect(asked[0]).toMatchObject({
    url: 'http://judge.shop/ask',
    timeoutMs: 10_000,
    payload: { phase: 'Progressing', checksum: run?.revision, metadata: { team: 'shop' } },
  });
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(asked.length).toBeLessThan(20);

  const bad = await releasing('app:v3', {}, hook({ failures: 2 }));
  let answers = 0;
  bad.webhook = () => {
    answers += 1;
    return { kind: 'answered', status: 409, text: 'orders are missing' };
  };
  await until(bad, phaseIs(bad, 'Failed'));
  expect(answers).toBe(2);
  expect(statusOf(bad.canary())).toMatchObject({
    reason: 'ChecksFailed',
    message: expect.stringContaining(
      'judge: the webhook answered 409, "orders are missing" (2 of 2 in a row).',
    ),
  });
});

test('a webhook that does not answer holds the run, which goes on when it does', async () => {
  const world = await releasing('app:v2', {}, hook());
  world.webhook = () => ({ kind: 'error', why: 'http://judge.shop: no complete answer within 10 s' });
  await until(world, () => statusOf(world.canary()).reason === 'MetricsUnavailable', 120);
  expect(statusOf(world.canary()).message).toContain(
    'judge: http://judge.shop: no complete answer within 10 s',
  );
  world.webhook = () => ({ kind: 'answered', status: 200, text: '' });
  await until(world, phaseIs(world, 'Succeeded'));
});

test('a webhook that shall only hold never fails the run', async () => {
  const world = await releasing('app:v2', {}, hook({ onFail: 'Hold' }));
  world.webhook = () => ({ kind: 'answered', status: 500, text: '' });
  await until(world, () => statusOf(world.canary()).reason === 'Inconclusive', 120);
  await world.run(60);
  expect(statusOf(world.canary()).phase).toBe('Progressing');
  world.webhook = () => ({ kind: 'answered', status: 200, text: '' });
  await until(world, phaseIs(world, 'Succeeded'));
});
