import { describe, expect, test } from 'vitest';
import { type Answer, type CheckResult, judgeCheck, judgeStep, type Limits } from './judge.ts';

const since = 1_000;
const value = (of: number, at = since): Answer => ({ kind: 'value', value: of, at });
const range = (thresholdRange: Limits['thresholdRange']): Limits => ({ name: 'errors', thresholdRange });

function of(outcome: CheckResult['outcome'], check: string = outcome): CheckResult {
  return { check, outcome, value: '', limit: '' };
}

describe('limits', () => {
  test.each<[string, Limits, number, 'pass' | 'fail', string]>([
    ['min is allowed', range({ min: 99 }), 99, 'pass', 'at least 99'],
    ['below min', range({ min: 99 }), 98.99, 'fail', 'at least 99'],
    ['max is allowed', range({ max: 500 }), 500, 'pass', 'at most 500'],
    ['above max', range({ max: 500 }), 500.01, 'fail', 'at most 500'],
    ['inside both', range({ min: 1, max: 2 }), 1.5, 'pass', 'at least 1 and at most 2'],
    ['min of 0 is a limit', range({ min: 0 }), -0.1, 'fail', 'at least 0'],
    ['max of 0 is a limit', range({ max: 0 }), 0.1, 'fail', 'at most 0'],
    ['an empty range limits nothing', range({}), -5, 'pass', 'no limit'],
    ['the range wins over the single limit', { ...range({ max: 5 }), threshold: 1 }, 3, 'pass', 'at most 5'],
    ['a single limit is a maximum', { name: 'errors', threshold: 5 }, 5, 'pass', 'at most 5'],
    ['above a single limit', { name: 'errors', threshold: 5 }, 6, 'fail', 'at most 5'],
    [
      'but a minimum for the success rate',
      { name: 'request-success-rate', threshold: 99 },
      99,
      'pass',
      'at least 99',
    ],
    ['below it', { name: 'request-success-rate', threshold: 99 }, 98, 'fail', 'at least 99'],
    ['a maximum for the duration', { name: 'request-duration', threshold: 500 }, 501, 'fail', 'at most 500'],
    ['no limit at all allows nothing above 0', { name: 'errors' }, 1, 'fail', 'at most 0'],
  ])('%s', (_, limits, measured, outcome, limit) => {
    expect(judgeCheck(limits, value(measured), since)).toMatchObject({ outcome, limit });
  });

  test.each([
    [97.123456, '97.12'],
    [1_234_567, '1234567'],
    [0.000012346, '0.00001235'],
  ])('%d is told as %s', (measured, text) => {
    expect(judgeCheck(range({}), value(measured), since).value).toBe(text);
  });
});

describe('what is odd neither passes nor fails', () => {
  const anything = range({});
  test.each<[string, Answer, CheckResult['outcome'], string]>([
    ['NaN', value(Number.NaN), 'inconclusive', 'NaN'],
    ['infinity', value(Number.POSITIVE_INFINITY), 'inconclusive', 'Infinity'],
    ['minus infinity', value(Number.NEGATIVE_INFINITY), 'inconclusive', '-Infinity'],
    [
      'a sample from before the step',
      value(0, since - 1),
      'noData',
      'the newest sample is older than this step',
    ],
    ['a stale NaN', value(Number.NaN, since - 1), 'noData', 'the newest sample is older than this step'],
    ['no data', { kind: 'noData', why: 'no series' }, 'noData', 'no series'],
    ['no provider', { kind: 'error', why: 'timeout' }, 'error', 'timeout'],
    ['several series', { kind: 'inconclusive', why: '2 series' }, 'inconclusive', '2 series'],
  ])('%s', (_, answer, outcome, text) => {
    expect(judgeCheck(anything, answer, since)).toEqual({
      check: 'errors',
      outcome,
      value: text,
      limit: 'no limit',
    });
  });
});

describe('a step', () => {
  test.each<[string, CheckResult[], string | undefined]>([
    ['passes without checks', [], undefined],
    ['passes when all pass', [of('pass'), of('pass')], undefined],
    ['fails by one failure, wherever it stands', [of('pass'), of('noData'), of('error'), of('fail')], 'fail'],
    ['is decided by the first failure', [of('fail', 'a'), of('fail', 'b')], 'a'],
    ['holds by one undecided check', [of('pass'), of('error'), of('pass')], 'error'],
    ['tells the first undecided check', [of('inconclusive'), of('noData')], 'inconclusive'],
  ])('%s', (_, results, check) => {
    expect(judgeStep(results)?.check).toBe(check);
  });
});
