/** `make demo`: boots what is missing, then tells the story of a good and of a bad release. Ends with 1 where it does not come true. */
import { clusterUp, installOperator, stopLoad } from '../fixture.ts';
import { claim } from './narrate.ts';
import { tellStory } from './story.ts';

async function main(): Promise<void> {
  const [extra] = process.argv.slice(2);
  claim(extra === undefined, `it takes no argument, but got ${extra}`);
  await clusterUp();
  await installOperator();
  try {
    await tellStory();
  } finally {
    await stopLoad('demo').catch(() => {});
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write(
      'The cluster is still up: make demo-shell looks around, make demo-down removes it.\n',
    );
    process.exit(1);
  },
);
