import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../runtime/redact.ts';
import { readAnswer, readRefusal } from './answer.ts';

const at = 1_700_000_000_123;

function vector(...values: readonly unknown[]): unknown {
  return success({ resultType: 'vector', result: values.map(value => ({ metric: {}, value })) });
}

function success(data: unknown, more: object = {}): unknown {
  return { status: 'success', data, ...more };
}

describe('answers', () => {
  it('takes one finite number, from a vector or a scalar', () => {
    expect(readAnswer(vector([at / 1000, '99.5']), at)).toEqual({ kind: 'value', value: 99.5, at });
    const scalar = { resultType: 'scalar', result: [at / 1000, '42'] };
    expect(readAnswer(success(scalar, { infos: ['i'], warnings: null }), at)).toEqual({
      kind: 'value',
      value: 42,
      at,
    });
  });

  it.each([
    ['empty vector', vector(), 'noData', /no series/],
    ['NaN', vector([at / 1000, 'NaN']), 'noData', /NaN/],
    ['older sample', vector([at / 1000 - 30, '1']), 'noData', /30 s older/],
    ['newer sample', vector([at / 1000 + 30, '1']), 'noData', /30 s newer/],
    ['+Inf', vector([at / 1000, '+Inf']), 'inconclusive', /\+Inf/],
    ['-Inf', vector([at / 1000, '-Inf']), 'inconclusive', /-Inf/],
    ['empty text', vector([at / 1000, '']), 'inconclusive', /"" is not a number/],
    ['too large', vector([at / 1000, '1e400']), 'inconclusive', /not a number/],
    ['half a number', vector([at / 1000, '12abc']), 'inconclusive', /not a number/],
    [
      'two series',
      vector([at / 1000, '1'], [at / 1000, '1']),
      'inconclusive',
      /2 series, expected one: add sum/,
    ],
    ['matrix', success({ resultType: 'matrix', result: [] }), 'inconclusive', /range/],
    ['string', success({ resultType: 'string', result: [1, 'x'] }), 'inconclusive', /text/],
    [
      'histogram',
      success({ resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] }),
      'inconclusive',
      /histogram/,
    ],
    [
      'partial answer',
      success({ resultType: 'vector', result: [{ value: [at / 1000, '1'] }] }, { warnings: ['store down'] }),
      'inconclusive',
      /partial: store down/,
    ],
    ['null value', vector([at / 1000, null]), 'error', /not Prometheus' JSON/],
    ['number instead of text', vector([at / 1000, 1]), 'error', /not Prometheus' JSON/],
    ['login page', '<html>', 'error', /login page/],
    ['nothing', '', 'error', /not Prometheus' JSON/],
    ['null', null, 'error', /not Prometheus' JSON/],
    ['other JSON', { status: 'ok' }, 'error', /not Prometheus' JSON/],
  ])('%s', (_, body, kind, why) => {
    expect(readAnswer(body, at)).toEqual({ kind, why: expect.stringMatching(why) });
  });

  it('gives a value for nothing but a finite number at the asked time, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json().map(text => JSON.parse(text) as unknown),
          fc.string(),
        ),
        body => {
          expect(readAnswer(body, at).kind).not.toBe('value');
          expect(readAnswer(vector([at / 1000, body]), at).kind === 'value').toBe(
            typeof body === 'string' &&
              /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(body) &&
              Number.isFinite(Number(body)),
          );
        },
      ),
    );
  });

  it('repeats the words of Prometheus only, without secrets', () => {
    const redactor = createRedactor();
    redactor.hide(['hunter2']);
    const body = { status: 'error', errorType: 'bad_data', error: 'parse error near\nhunter2' };
    expect(readRefusal(body, redactor)).toBe('bad_data: parse error near ***');
    expect(readRefusal('<html>hunter2</html>', redactor)).toBeUndefined();
    expect(readRefusal({ message: 'internal' }, redactor)).toBeUndefined();
  });
});
