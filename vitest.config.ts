/** The tiers of the test pyramid, each a vitest project that also runs alone (`make unit`, `make sim`, …). */
import { defineConfig } from 'vitest/config';
import { RightsLast } from './test/kind/rights-last.ts';

export default defineConfig({
  test: {
    sequence: { sequencer: RightsLast },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/model/**/*.test.ts',
            'test/house/**/*.test.ts',
            'test/memory/**/*.test.ts',
            'test/sim-analysis/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          // A limit for what hangs: on a busy machine, slow is no failure.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'sim',
          include: ['test/sim/**/*.test.ts'],
          testTimeout: 600_000,
          // Every world is made anew, and nothing is mocked: the files share one warm controller instead of loading it each.
          isolate: false,
          // Nothing waits for anything real: a core left over is a core that does nothing.
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'wire',
          include: ['test/wire/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'control-plane',
          include: ['test/control-plane/**/*.test.ts'],
          globalSetup: ['test/control-plane/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/kind/**/*.e2e.ts'],
          globalSetup: ['test/kind/global-setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { concurrent: false },
        },
      },
    ],
  },
});
