/** Everything goes wrong at once for a while: crashes, stale and lost events, errors, lost answers. Then it stops, and the world comes to rest. */
import { expect, test } from 'vitest';
import { seededRuns } from './seeded.ts';

test('one operator in a storm', async () => {
  const { wrong } = await seededRuns('storm', 150, {
    operators: 1,
    odds: { error: 0.1, crash: 0.02, drop: 0.1, lagMs: 15_000 },
  });
  expect(wrong).toEqual({});
});
