/** Prometheus' `rate()` over samples, with its extrapolation and with the first value of a series lost, as the peers' queries see it. */
import type { Sample } from './service.ts';

/** Share of good requests by `sum(rate(good[window])) / sum(rate(all[window]))`; undefined for an empty result, NaN for 0 / 0. */
export function successRate(samples: readonly Sample[], now: number, window: number): number | undefined {
  const inWindow = samples.filter(({ at }) => at > now - window && at <= now);
  const good = rate(
    inWindow.filter(sample => sample.good > 0).map(({ at, good: value }) => ({ at, value })),
    now,
    window,
  );
  const bad = rate(
    inWindow.filter(sample => sample.bad > 0).map(({ at, bad: value }) => ({ at, value })),
    now,
    window,
  );
  return good === undefined ? undefined : good / (good + (bad ?? 0));
}

interface Point {
  readonly at: number;
  readonly value: number;
}

/** Needs two points. A counter is extrapolated to the window's ends, but by no more than half an interval where its points stop short, and not below 0. */
function rate(points: readonly Point[], now: number, window: number): number | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  const sampled = last.at - first.at;
  const interval = sampled / (points.length - 1);
  const increase = last.value - first.value;
  const reach = (gap: number): number => (gap < interval * 1.1 ? gap : interval / 2);
  const toStart = reach(first.at - (now - window));
  const toZero = increase > 0 ? sampled * (first.value / increase) : Number.POSITIVE_INFINITY;
  const extrapolated = sampled + Math.min(toStart, toZero) + reach(now - last.at);
  return (increase * (extrapolated / sampled)) / window;
}
