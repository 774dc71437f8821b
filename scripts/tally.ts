/** Counts a vitest JSON report so that nothing is lost: skipped tests, files that did not load and empty tiers are failures. */
import { basename } from 'node:path';
import { z } from 'zod';

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string().default('a test without a name'),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** A line for each failure: the test with the first line of its error, or why one was counted that is no failed test. */
  readonly notes: readonly string[];
}

/** The tally of one tier from its JSON report (undefined when vitest wrote none) and vitest's exit code. */
export function tallyReport(report: unknown, exitCode: number): Tally {
  const parsed = reportSchema.safeParse(report);
  if (!parsed.success) {
    return { passed: 0, failed: 1, notes: ['the tier ended without a report'] };
  }
  let passed = 0;
  let failed = 0;
  const notes: string[] = [];
  for (const file of parsed.data.testResults) {
    const statuses = file.assertionResults.map(test => test.status);
    const passedHere = statuses.filter(status => status === 'passed').length;
    const failedHere = statuses.filter(status => status === 'failed').length;
    const skipped = statuses.length - passedHere - failedHere;
    passed += passedHere;
    failed += failedHere + skipped;
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (status !== 'failed') continue;
      const why = failureMessages?.[0]?.split('\n', 1)[0]?.slice(0, 300) ?? '';
      notes.push(`${basename(file.name)}: ${fullName}: ${why}`);
    }
    if (skipped > 0) {
      notes.push(`${file.name}: ${skipped} skipped`);
    }
    if (file.status === 'failed' && failedHere === 0) {
      failed += 1;
      notes.push(`${file.name}: did not load, or failed outside of its tests`);
    }
  }
  if (passed + failed === 0) {
    return { passed, failed: 1, notes: ['the tier ran no test'] };
  }
  if (exitCode !== 0 && failed === 0) {
    return { passed, failed: 1, notes: [...notes, `vitest ended with ${exitCode} though no test failed`] };
  }
  return { passed, failed, notes };
}
