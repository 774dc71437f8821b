import { expect, test } from 'vitest';
import { CanarySpec } from '../api/canary-spec.ts';
import { CanaryStatus } from '../api/canary-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import { planOf } from './plan.ts';
import { type Facts, record } from './record.ts';
import { initialState, type State, step } from './state.ts';

const plan = planOf(
  CanarySpec.parse({
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: { port: 80 },
    analysis: { stepWeight: 10 },
  }),
  'gatewayapi:v1',
);

function factsOf(event: Facts['decision']['event'], more: Partial<Facts> = {}): Facts {
  return {
    now: event?.now ?? 0,
    generation: 1,
    canaryUid: 'c0ffee00-0000',
    targetKind: 'Deployment',
    decision: { reason: 'Test', message: 'Test.', ...(event === undefined ? {} : { event }) },
    converged: false,
    images: { primary: { app: 'app:v1' }, target: { app: 'app:v2' } },
    alerts: [],
    ...more,
  };
}

/** Initialised, and then one run after the other, none of which comes to an end. */
function restarted(times: number, more: Partial<Facts> = {}): { status: CanaryStatus; state: State } {
  let state = initialState(plan);
  let status: CanaryStatus = {};
  for (let n = 0; n <= times; n += 1) {
    const type = n === 0 ? ('initialized' as const) : ('started' as const);
    const event = { type, now: 1_000_000 + n, revision: `v1-${n}` };
    const after = step(state, event);
    status = record(status, state, after, factsOf(event, more)).status;
    state = after;
  }
  return { status, state };
}

test('many runs while Git is down owe no more than a status can hold', () => {
  const git = {
    mode: 'Commit',
    repository: 'manifests',
    path: 'apps',
    convergeWithinMs: 900_000,
    delayMs: 0,
  };
  const { status } = restarted(80, { git });
  expect(CanaryStatus.safeParse(status).error?.issues).toBeUndefined();
  expect(status.outbox?.map(({ id }) => id)).toEqual(['position/init', `position/${status.run?.id}`]);
});

test('images of any number and length are cut to what a status can hold', () => {
  const many = Object.fromEntries(
    Array.from({ length: 100 }, (_, n) => [`app-${n}`, `registry.example.com/${'a'.repeat(600)}:${n}`]),
  );
  const { status } = restarted(1, { images: { primary: many, target: many } });
  expect(CanaryStatus.safeParse(status).error?.issues).toBeUndefined();
  expect(Object.keys(status.run?.images?.to ?? {})).toHaveLength(statusLimits.images);
});

test('a retry that was followed once is remembered by later runs', () => {
  const { status, state } = restarted(1, { retry: 'v1-1/2' });
  const event = { type: 'started' as const, now: 2_000_000, revision: 'v1-other' };
  const { status: next } = record(status, state, step(state, event), factsOf(event));
  expect(next.run?.retry).toBe('v1-1/2');
});
