import { expect, test } from 'vitest';
import type { Selector } from '../vantage/port.ts';
import { selectorText } from '../vantage/selector.ts';
import { isChosen, mergeSelectors } from './merge.ts';

function requests(service: string, metric = 'requests_total'): Selector {
  return {
    metric,
    matchers: [
      { label: 'namespace', op: '=', value: 'traefik' },
      { label: 'service', op: '=', value: service },
    ],
  };
}

test('the sides of many Canaries behind one gateway are asked for together', () => {
  const wanted = ['a-canary', 'a-primary', 'b-canary', 'b-primary', 'a.b'].map(name => requests(name));
  const [merged, ...others] = mergeSelectors([...wanted, ...wanted]);
  expect(others).toEqual([]);
  expect(merged && selectorText(merged.selector)).toBe(
    String.raw`requests_total{namespace="traefik",service=~"a-canary|a-primary|b-canary|b-primary|a\\.b"}`,
  );
  expect(wanted.every(each => merged?.covers.has(selectorText(each)))).toBe(true);
});

test('what differs in more than one value is asked for on its own', () => {
  const wanted: Selector[] = [
    requests('a'),
    requests('a', 'other_total'),
    { metric: 'requests_total', matchers: [{ label: 'service', op: '=~', value: 'a.*' }] },
    { metric: 'requests_total', matchers: [] },
  ];
  expect(mergeSelectors(wanted).map(({ selector }) => selectorText(selector))).toEqual(
    wanted.map(each => selectorText(each)),
  );
});

test('no query grows without bound', () => {
  const merged = mergeSelectors(Array.from({ length: 130 }, (_, index) => requests(`s${index}`)));
  expect(merged.map(({ covers }) => covers.size)).toEqual([60, 60, 10]);
});

test('a series is chosen by its metric and all of its labels', () => {
  const labels = { __name__: 'requests_total', namespace: 'traefik', service: 'a', code: '200' };
  expect(isChosen(requests('a'), labels)).toBe(true);
  expect(isChosen(requests('b'), labels)).toBe(false);
  expect(isChosen(requests('a', 'other_total'), labels)).toBe(false);
});
