/** Killed right before an effect, the next process ends the story as if nothing had been. */
import { afterAll, describe, expect, test } from 'vitest';
import { enumerate, references } from './enumerate.ts';
import { crashAt } from './faults.ts';
import { baseSeed } from './random.ts';

/** The world is as it was right after the effect before, where another file kills at each; only what was read since is new. */
const every = 3;

const stories = await references();
let runs = 0;

describe(`a crash before an effect (SEED=${baseSeed})`, () => {
  test.each(stories.map(story => [story.scenario.name, story] as const))('%s', async (_name, story) => {
    const result = await enumerate(story, n =>
      (n + baseSeed) % every === 0 ? crashAt(n, 'crash-before') : undefined,
    );
    runs += result.runs;
    expect(result.wrong).toEqual({});
  });
});

afterAll(() => console.log(`crash points before an effect: ${runs}`));
