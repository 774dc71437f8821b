import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrometheusNumber } from './number.ts';

describe('numbers of Prometheus', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['99.5', 99.5],
    ['1e-05', 1e-5],
    ['1.7976931348623157e+308', Number.MAX_VALUE],
    ['.5', 0.5],
    ['5.', 5],
    ['NaN', Number.NaN],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.NEGATIVE_INFINITY],
  ])('reads %s', (text, value) => expect(parsePrometheusNumber(text)).toBe(value));

  it.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '12abc',
    '0x10',
    '1_000',
    '1,5',
    '1e400',
    '-1e400',
    'Infinity',
    'Inf',
    'nan',
    'null',
    '.',
    '--1',
    '1e',
    'toString',
    '١',
  ])('refuses %j', text => expect(parsePrometheusNumber(text)).toBeUndefined());

  it('reads back every double, and refuses whatever is not written like a number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(parsePrometheusNumber(String(value))).toBe(Object.is(value, -0) ? 0 : value);
      }),
    );
    fc.assert(
      fc.property(fc.string(), text => {
        const value = parsePrometheusNumber(text);
        if (value !== undefined && Number.isFinite(value)) expect(text).toMatch(/^[-+.\deE]+$/);
      }),
    );
  });
});
