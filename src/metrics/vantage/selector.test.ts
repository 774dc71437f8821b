import { describe, expect, it } from 'vitest';
import { is, isMatched, isSet, matches, selectorText } from './selector.ts';

describe('selectors', () => {
  it('put values into PromQL as data', () => {
    const metric = 'requests_total';
    expect(selectorText({ metric, matchers: [is('a', 'x"} or up{b="')] }, matches('code', '5..'))).toBe(
      String.raw`requests_total{a="x\"} or up{b=\"",code=~"5.."}`,
    );
    expect(selectorText({ metric, matchers: [isSet('code')] })).toBe('requests_total{code!=""}');
  });

  it.each([
    [matches('code', '5..'), { code: '503' }, true],
    [matches('code', '5..'), { code: '5xx' }, true],
    [matches('code', '5..'), { code: '5030' }, false],
    [matches('code', '2|4'), { code: '24' }, false],
    [matches('code', '5..'), {}, false],
    [is('code', ''), {}, true],
    [is('toString', ''), {}, true],
    [isSet('error'), { error: '' }, false],
    [isSet('error'), { error: 'refused' }, true],
    [{ label: 'route', op: '!~', value: '/health' } as const, { route: '/health' }, false],
    [{ label: 'route', op: '!~', value: '/health' } as const, {}, true],
  ])('%j of %j is %s', (matcher, labels, expected) => {
    expect(isMatched(matcher, labels)).toBe(expected);
  });
});
