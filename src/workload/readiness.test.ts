import { expect, test } from 'vitest';
import { readDeployment } from './deployment-object.ts';
import { readinessOf } from './readiness.ts';

function deployment(replicas: number, status: object) {
  return readDeployment({
    metadata: { name: 'podinfo', generation: 3 },
    spec: { replicas, selector: {}, template: { spec: { containers: [] } } },
    status: { observedGeneration: 3, ...status },
  });
}

const all = (count: number) => ({ replicas: count, updatedReplicas: count, availableReplicas: count });
const timedOut = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];

test.each([
  ['every pod available', 2, all(2), 100, true, true, '2 of 2 pods available'],
  ['one pod missing', 2, { ...all(2), availableReplicas: 1 }, 100, false, true, '1 of 2 pods available'],
  [
    'enough by the threshold',
    2,
    { ...all(2), availableReplicas: 1 },
    50,
    true,
    true,
    '1 of 2 pods available',
  ],
  [
    'the threshold rounds up',
    3,
    { ...all(3), availableReplicas: 1 },
    50,
    false,
    true,
    '1 of 3 pods available, 2 needed',
  ],
  [
    'never less than one pod',
    1,
    { ...all(1), availableReplicas: 0 },
    0,
    false,
    false,
    '0 of 1 pods available',
  ],
  [
    'a new template still rolling out',
    2,
    { ...all(3), updatedReplicas: 1 },
    100,
    false,
    true,
    '1 of 2 pods updated',
  ],
  [
    'old pods left',
    2,
    { ...all(2), replicas: 3 },
    100,
    false,
    true,
    '1 pods of an older version are still there',
  ],
  ['too many pods left', 2, all(3), 100, false, true, '1 pods too many are still there'],
  ['no pods wanted', 0, {}, 100, false, false, 'scaled to zero'],
  ['scaling to zero, pods left', 0, all(1), 100, false, false, 'scaled to zero'],
  [
    'a change that was not taken up yet, over pods that still serve',
    2,
    { ...all(2), observedGeneration: 2 },
    100,
    false,
    true,
    'the latest change has not been taken up yet',
  ],
  [
    'no status at all',
    1,
    { observedGeneration: 0 },
    100,
    false,
    false,
    'the latest change has not been taken up yet',
  ],
])('%s', (_name, replicas, status, threshold, ready, available, message) => {
  expect(readinessOf(deployment(replicas, status), threshold)).toEqual({
    ready,
    available,
    deadlineExceeded: false,
    message,
  });
});

test('the progress deadline counts for the observed generation only', () => {
  const status = { ...all(2), availableReplicas: 0, conditions: timedOut };
  expect(readinessOf(deployment(2, status), 100)).toMatchObject({
    deadlineExceeded: true,
    message: 'progress deadline exceeded, 0 of 2 pods available',
  });
  const stale = readinessOf(deployment(2, { ...status, observedGeneration: 2 }), 100);
  expect(stale.deadlineExceeded).toBe(false);
});
