/** Prometheus' answer to a range selector: every stored sample with its own time. */
import { z } from 'zod';
import { parsePrometheusNumber } from '../number.ts';
import type { RawSeries, SeriesAnswer } from '../port.ts';
import { presentable } from '../text.ts';

const Matrix = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.string(),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
      }),
    ),
  }),
  warnings: z.array(z.string()).nullish(),
});

/** Gaps stay gaps: what is no number is left out. Native histograms have no such samples, so they give no series. */
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
  const series = data.result.flatMap(({ metric, values = [] }): RawSeries[] => {
    const samples = values.flatMap(([seconds, text]) => {
      const value = parsePrometheusNumber(text);
      return value === undefined || !Number.isFinite(value)
        ? []
        : [[Math.round(seconds * 1_000), value] as const];
    });
    return samples.length === 0 ? [] : [{ labels: metric, samples }];
  });
  return { kind: 'series', series };
}
