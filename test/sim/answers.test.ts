/** Each effect once refused, or done with its answer lost: the process lives on and has to find out what is true. */
import { afterAll, describe, expect, test } from 'vitest';
import { ApiError, TransientError } from '../../src/runtime/errors.ts';
import { enumerate, references } from './enumerate.ts';
import { type FaultPlan, failAt } from './faults.ts';
import { baseSeed } from './random.ts';

const refusals: readonly (() => Error)[] = [
  () => new ApiError('modified', { status: 409, reason: 'Conflict' }),
  () => new ApiError('slow down', { status: 429, reason: 'TooManyRequests', retryAfterMs: 3_000 }),
  () => new ApiError('internal error', { status: 500, reason: 'InternalError' }),
  () => new TransientError('connection refused'),
];
const lost = () => new TransientError('connection reset');

/** Every effect sees one kind of trouble in one run of the suite, and another kind with another seed. */
function trouble(n: number): FaultPlan {
  const kind = (n + baseSeed) % (refusals.length * 2);
  const refusal = refusals[kind];
  return refusal === undefined ? failAt(n, 'lose', lost) : failAt(n, 'refuse', refusal);
}

const stories = await references();
let runs = 0;

describe(`an answer that is no answer (SEED=${baseSeed})`, () => {
  test.each(stories.map(story => [story.scenario.name, story] as const))('%s', async (_name, story) => {
    const result = await enumerate(story, trouble);
    runs += result.runs;
    expect(result.wrong).toEqual({});
  });
});

afterAll(() => console.log(`effects refused or answered with silence: ${runs}, SEED=${baseSeed}`));
