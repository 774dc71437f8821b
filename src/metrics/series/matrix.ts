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

const Histograms = z.array(z.tuple([z.number(), Histogram]));

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [seconds: number, text: string])[];
  readonly histograms?: unknown;
}

/** Checked in one go: there are tens of thousands of samples in an answer, and a schema for each would copy every one. */
const Results = z.custom<readonly Result[]>(results => Array.isArray(results) && results.every(isResult));

function isResult(value: unknown): boolean {
  if (!isObject(value) || !('metric' in value) || !isObject(value.metric)) return false;
  if (!Object.values(value.metric).every(label => typeof label === 'string')) return false;
  return !('values' in value) || (Array.isArray(value.values) && value.values.every(isSample));
}

function isSample(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && Number.isFinite(pair[0]) && typeof pair[1] === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const Matrix = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: Results }),
  warnings: z.array(z.string()).nullish(),
});

const foreign: SeriesAnswer = {
  kind: 'error',
  why: "the answer is not Prometheus' JSON (a login page, or not a Prometheus address?)",
};

/** Gaps stay gaps: what is no number is left out. A series that was a counter and became a native histogram gives two. */
export function readMatrix(body: unknown): SeriesAnswer {
  const parsed = Matrix.safeParse(body);
  if (!parsed.success || parsed.data.data.resultType !== 'matrix') return foreign;
  const { data, warnings } = parsed.data;
  if (warnings !== undefined && warnings !== null && warnings.length > 0) {
    return {
      kind: 'inconclusive',
      why: `the answer may be partial: ${presentable(warnings.join('; '))}`,
    };
  }
  const series: RawSeries[] = [];
  for (const { metric, values = [], histograms } of data.result) {
    const samples: (readonly [number, number])[] = [];
    for (const [seconds, text] of values) {
      const value = parsePrometheusNumber(text);
      if (value !== undefined && Number.isFinite(value)) samples.push([Math.round(seconds * 1_000), value]);
    }
    if (samples.length > 0) series.push({ labels: metric, samples });
    if (histograms === undefined) continue;
    const read = Histograms.safeParse(histograms);
    if (!read.success) return foreign;
    const native = read.data.flatMap(([at, histogram]) => readHistogram(at, histogram));
    if (native.length > 0) series.push({ labels: metric, samples: [], histograms: native });
  }
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
