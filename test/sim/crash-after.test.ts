/** Killed after each effect of every story and before its answer, the next process ends it as if nothing had been. */
import { afterAll, describe, expect, test } from 'vitest';
import { enumerate, references } from './enumerate.ts';
import { crashAt } from './faults.ts';

const stories = await references();
let runs = 0;

describe('a crash after an effect', () => {
  test.each(stories.map(story => [story.scenario.name, story] as const))('%s', async (_name, story) => {
    const result = await enumerate(story, n => crashAt(n, 'crash-after'));
    runs += result.runs;
    expect(result.wrong).toEqual({});
  });
});

afterAll(() => console.log(`crash points after an effect: ${runs}`));
