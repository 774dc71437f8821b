import { describe, expect, it } from 'vitest';
import { startCheck } from './check.ts';
import type { Judgement } from './judgement.ts';
import { checkSettings } from './settings.ts';
import { formatShare, judgementSentence } from './words.ts';

const judgement: Judgement = {
  state: startCheck([], 0, checkSettings('errors', 'balanced')),
  outcome: 'pass',
  action: 'advance',
  evidence: 0.997,
  channel: 'regular',
  canary: { total: 1230, bad: 59 },
  primary: { total: 23_400, bad: 23 },
  expected: { total: 1230, bad: 1.2 },
  needed: 300,
  judged: 1230,
};

describe('the sentence of a check', () => {
  it.each<[string, Partial<Judgement>, string]>([
    [
      'counts, rates and evidence',
      {},
      'errors: canary 4.8 % of 1,230 requests, primary 0.098 % of 23,400 requests; evidence 99.7 % of the limit',
    ],
    [
      'a failure',
      { outcome: 'fail', action: 'rollback', evidence: 1.234 },
      'errors: canary 4.8 % of 1,230 requests, primary 0.098 % of 23,400 requests; worse, evidence 123 % of the limit',
    ],
    [
      'a failure at once',
      { outcome: 'fail', action: 'rollback', evidence: 1.02, channel: 'critical' },
      'errors: canary 4.8 % of 1,230 requests, primary 0.098 % of 23,400 requests; far worse, evidence 102 % of the limit',
    ],
    [
      'a shared incident',
      { action: 'hold', evidence: 0, outside: 'both' },
      'errors: canary 4.8 % of 1,230 requests, primary 0.098 % of 23,400 requests; evidence 0 % of the limit; both are outside the objective',
    ],
    [
      'suspicion',
      { action: 'hold', evidence: 0.4, outside: 'canary' },
      'errors: canary 4.8 % of 1,230 requests, primary 0.098 % of 23,400 requests; evidence 40 % of the limit; the canary is outside the objective, not yet proven worse',
    ],
    [
      'too few requests',
      { outcome: 'inconclusive', evidence: 0, judged: 93, needed: 1234 },
      'errors: canary 4.8 % of 1,230 requests, primary 0.098 % of 23,400 requests; evidence 0 % of the limit; 93 of 1,234 requests needed for a promotion',
    ],
    [
      'no request',
      { outcome: 'noData', canary: { total: 0, bad: 0 } },
      'errors: no request of the canary so far',
    ],
    ['no request beside it', { outcome: 'noData' }, 'errors: no request of the primary so far'],
    [
      'latency',
      { bound: 0.25, evidence: 0.5 },
      'errors: canary 4.8 % of 1,230 requests slower than 250 ms, primary 0.098 % of 23,400 requests; evidence 50 % of the limit',
    ],
    [
      'latency of seconds',
      { bound: 2.5, evidence: 0.5 },
      'errors: canary 4.8 % of 1,230 requests slower than 2.5 s, primary 0.098 % of 23,400 requests; evidence 50 % of the limit',
    ],
  ])('tells %s', (_, own, sentence) => {
    expect(judgementSentence('errors', { ...judgement, ...own })).toBe(sentence);
  });
});

describe('a share in percent', () => {
  it.each([
    [0, '0 %'],
    [0.000012345, '0.0012 %'],
    [0.001, '0.1 %'],
    [0.0484, '4.8 %'],
    [0.1, '10 %'],
    [0.4567, '45.7 %'],
    [0.997, '99.7 %'],
    [1, '100 %'],
    [12.345, '1,235 %'],
  ])('%d is %s', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });
});
