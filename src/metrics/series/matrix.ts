/** Prometheus' answer to a range selector: every stored sample with its own time. */
import { z } from 'zod';
import { parsePrometheusNumber } from '../number.ts';
import type { RawSeries, SeriesAnswer } from '../port.ts';
import { presentable } from '../text.ts';

const Histogram = z.object({
  count: z.string(),
  /** Which of its boundaries a bucket includes, both of them, and its count. */
  buckets: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])).optional(),
});

/** Checked in one go: there are tens of thousands of them in an answer, and a schema for each would copy every one. */
const Values = z.custom<readonly (readonly [seconds: number, text: string])[]>(
  values =>
    Array.isArray(values) &&
    values.every(
      (pair: unknown) =>
        Array.isArray(pair) &&
        pair.length === 2 &&
        typeof pair[0] === 'number' &&
        typeof pair[1] === 'string',
    ),
);

const Matrix = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.string(),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: Values.optional(),
        histograms: z.array(z.tuple([z.number(), Histogram])).optional(),
      }),
    ),
  }),
  warnings: z.array(z.string()).nullish(),
});

/** Gaps stay gaps: what is no number is left out. A series that was a counter and became a native histogram gives two. */
export function readMatrix(body: unknown): SeriesAnswer {
  const parsed = Matrix.safeParse(body);
  if (!parsed.success || parsed.data.data.resultType !== 'matrix') {
    return {
      kind: 'error',
      why: "the answer is not Prometheus' JSON (a login page, or not a Prometheus address?)",
    };
  }
  const { data, warnings } = parsed.data;
  if (warnings !== undefined && warnings !== null && warnings.length > 0) {
    return {
      kind: 'inconclusive',
      why: `the answer may be partial: ${presentable(warnings.join('; '))}`,
    };
  }
  const series = data.result.flatMap(({ metric, values = [], histograms = [] }): RawSeries[] => {
    const samples: (readonly [number, number])[] = [];
    for (const [seconds, text] of values) {
      const value = parsePrometheusNumber(text);
      if (value !== undefined && Number.isFinite(value)) samples.push([Math.round(seconds * 1_000), value]);
    }
    const native = histograms.flatMap(([seconds, histogram]) => readHistogram(seconds, histogram));
    return [
      ...(samples.length === 0 ? [] : [{ labels: metric, samples }]),
      ...(native.length === 0 ? [] : [{ labels: metric, samples: [], histograms: native }]),
    ];
  });
  return { kind: 'series', series };
}

/** Empty where a number is none: half a histogram would be a wrong one. */
function readHistogram(
  seconds: number,
  { count, buckets = [] }: z.infer<typeof Histogram>,
): NonNullable<RawSeries['histograms']> {
  const total = parsePrometheusNumber(count) ?? Number.NaN;
  const read = buckets.map(
    ([, lower, upper, within]) =>
      [
        parsePrometheusNumber(lower) ?? Number.NaN,
        parsePrometheusNumber(upper) ?? Number.NaN,
        parsePrometheusNumber(within) ?? Number.NaN,
      ] as const,
  );
  const isWhole = Number.isFinite(total) && read.every(numbers => !numbers.some(Number.isNaN));
  return isWhole ? [{ at: Math.round(seconds * 1_000), count: total, buckets: read }] : [];
}
