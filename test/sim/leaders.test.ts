/** A deposed leader that does not know it yet: two operators act at once, each on caches of its own which lie behind. */
import { expect, test } from 'vitest';
import { seededRuns } from './seeded.ts';

test('two operators on slow caches', async () => {
  const { wrong } = await seededRuns('two leaders, slow', 100, {
    operators: 2,
    odds: { error: 0.02, crash: 0, drop: 0, lagMs: 15_000 },
  });
  expect(wrong).toEqual({});
});

test('two operators that crash and lose events', async () => {
  const { wrong } = await seededRuns('two leaders, failing', 50, {
    operators: 2,
    odds: { error: 0.05, crash: 0.01, drop: 0.05, lagMs: 5_000 },
  });
  expect(wrong).toEqual({});
});
