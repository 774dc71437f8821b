/** The count behind the last line of `make test`. */
import { describe, expect, it } from 'vitest';
import { tallyReport } from './tally.ts';

function report(...files: { status: string; tests: string[] }[]): unknown {
  return {
    testResults: files.map((file, index) => ({
      name: `file-${index}.test.ts`,
      status: file.status,
      assertionResults: file.tests.map(status => ({ status })),
    })),
  };
}

describe('tallyReport', () => {
  it('sums over files', () => {
    const two = report(
      { status: 'passed', tests: ['passed', 'passed'] },
      { status: 'failed', tests: ['passed', 'failed'] },
    );
    expect(tallyReport(two, 1)).toEqual({
      passed: 3,
      failed: 1,
      notes: ['file-1.test.ts: a test without a name: '],
    });
  });

  it('names each failed test with the first line of its error', () => {
    const test = {
      status: 'failed',
      fullName: 'the sum > adds',
      failureMessages: ['Error: 2 is not 3\n  at sum.ts:1'],
    };
    const failed = {
      testResults: [{ name: '/repo/sum.test.ts', status: 'failed', assertionResults: [test] }],
    };
    expect(tallyReport(failed, 1).notes).toEqual(['sum.test.ts: the sum > adds: Error: 2 is not 3']);
  });

  it.each(['pending', 'skipped', 'todo', 'disabled'])('counts a %s test as failed', status => {
    expect(tallyReport(report({ status: 'passed', tests: ['passed', status] }), 0)).toEqual({
      passed: 1,
      failed: 1,
      notes: ['file-0.test.ts: 1 skipped'],
    });
  });

  it('counts a file that did not load', () => {
    expect(tallyReport(report({ status: 'failed', tests: [] }), 1)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts a file whose hook failed after its tests passed', () => {
    expect(tallyReport(report({ status: 'failed', tests: ['passed'] }), 1)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('counts an unhandled error, which shows in the exit code only', () => {
    expect(tallyReport(report({ status: 'passed', tests: ['passed'] }), 1)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it.each([[undefined], [{}], ['text']])('counts a missing report (%j)', missing => {
    expect(tallyReport(missing, 1)).toEqual({
      passed: 0,
      failed: 1,
      notes: ['the tier ended without a report'],
    });
  });

  it('counts a tier without tests', () => {
    expect(tallyReport(report(), 0)).toEqual({ passed: 0, failed: 1, notes: ['the tier ran no test'] });
  });
});
