import { describe, expect, test } from 'vitest';
import { CanarySpec } from '../api/canary-spec.ts';
import { noWatch, planOf } from './plan.ts';

function plan(analysis: Record<string, unknown>, provider = 'gatewayapi:v1') {
  const spec = CanarySpec.parse({
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: { port: 80 },
    analysis,
  });
  return planOf(spec, provider);
}

describe('weights', () => {
  test.each<[string, Record<string, unknown>, number[]]>([
    ['a step up to the maximum', { stepWeight: 20, maxWeight: 60 }, [20, 40, 60]],
    ['a step that would overshoot is cut', { stepWeight: 20, maxWeight: 50 }, [20, 40, 50]],
    ['a step above the maximum is the maximum', { stepWeight: 80, maxWeight: 50 }, [50]],
    ['up to everything without a maximum', { stepWeight: 40 }, [40, 80, 100]],
    ['a list is taken as it is', { stepWeights: [1, 5, 80] }, [1, 5, 80]],
    ['a list does not heed the maximum', { stepWeights: [10, 90], maxWeight: 50 }, [10, 90]],
    ['none for iterations', { iterations: 5 }, []],
  ])('%s', (_, analysis, weights) => {
    expect(plan(analysis).weights).toEqual(weights);
  });
});

test.each<[string, Record<string, unknown>, string, object]>([
  ['weights make a canary', { stepWeight: 10 }, 'gatewayapi:v1', { strategy: 'Canary', routed: true }],
  [
    'iterations make blue/green',
    { iterations: 5 },
    'gatewayapi:v1',
    { strategy: 'BlueGreen', iterations: 5 },
  ],
  [
    'without a router there are no weights',
    { stepWeight: 10, stepWeightPromotion: 10 },
    'kubernetes',
    { strategy: 'BlueGreen', routed: false, weights: [], iterations: 10, promotionStep: 0 },
  ],
  ['a threshold of 0 counts as 1', { stepWeight: 10, threshold: 0 }, 'istio', { threshold: 1 }],
  ['a promotion in steps', { stepWeight: 10, stepWeightPromotion: 30 }, 'istio', { promotionStep: 30 }],
  ['an interval', { stepWeight: 10, interval: '1m30s' }, 'istio', { intervalMs: 90_000 }],
])('%s', (_, analysis, provider, expected) => {
  expect(plan(analysis, provider)).toMatchObject(expected);
});

test('defaults', () => {
  const hold = { timeLimitMs: 600_000, policy: 'Hold' };
  expect(plan({ stepWeight: 50 })).toEqual({
    strategy: 'Canary',
    routed: true,
    weights: [50, 100],
    iterations: 10,
    intervalMs: 60_000,
    threshold: 1,
    promotionStep: 0,
    progressDeadlineMs: 600_000,
    skipAnalysis: false,
    watch: noWatch,
    undecided: { noData: hold, error: hold, inconclusive: hold },
  });
});
