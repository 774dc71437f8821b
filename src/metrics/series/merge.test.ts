import { expect, test } from 'vitest';
import type { Selector } from '../vantage/port.ts';
import { selectorText } from '../vantage/selector.ts';
import { chooserOf, isChosen, mergeSelectors } from './merge.ts';

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
  const wanted = Array.from({ length: 130 }, (_, index) => requests(`s${index}`));
  const sizes = (windowMs?: number) => mergeSelectors(wanted, windowMs).map(({ covers }) => covers.size);
  expect(sizes()).toEqual([60, 60, 10]);
  expect(sizes(30_000)).toEqual([60, 60, 10]);
  expect(sizes(1_200_000)).toEqual([30, 30, 30, 30, 10]);
  expect(sizes(7 * 86_400_000)).toHaveLength(130);
});

test('of a merged answer each selector gets its own series', () => {
  const [merged] = mergeSelectors([requests('a'), requests('b')]);
  const series = ['a', 'b', 'b', 'c'].map((service, index) => ({
    labels: { __name__: 'requests_total', namespace: 'traefik', service, code: String(index) },
  }));
  const choose = chooserOf(merged ?? {}, series);
  expect(choose(requests('a'))).toEqual([series[0]]);
  expect(choose(requests('b'))).toEqual([series[1], series[2]]);
  expect(choose(requests('b', 'other_total'))).toEqual([]);
  expect(choose({ metric: 'requests_total', matchers: [] })).toEqual(series);
});

test('a series is chosen by its metric and all of its labels', () => {
  const labels = { __name__: 'requests_total', namespace: 'traefik', service: 'a', code: '200' };
  expect(isChosen(requests('a'), labels)).toBe(true);
  expect(isChosen(requests('b'), labels)).toBe(false);
  expect(isChosen(requests('a', 'other_total'), labels)).toBe(false);
});
