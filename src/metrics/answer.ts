/** What Prometheus answered, judged: a value only when nothing about it is in doubt. */
import { z } from 'zod';
import type { Redactor } from '../runtime/redact.ts';
import { parsePrometheusNumber } from './number.ts';
import type { Sample } from './port.ts';
import { presentable } from './text.ts';

const point = z.tuple([z.number(), z.string()]);
const answerSchema = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ value: point.optional() })),
    }),
    z.object({ resultType: z.literal('scalar'), result: point }),
    z.object({ resultType: z.literal('matrix') }),
    z.object({ resultType: z.literal('string') }),
  ]),
  warnings: z.array(z.string()).nullish(),
});
const refusalSchema = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

/** Servers in front of Prometheus may round the evaluation time to whole seconds. */
const roundingMs = 1000;

/** `at`: the evaluation time that was asked for, ms since the epoch. */
export function readAnswer(body: unknown, at: number): Sample {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) {
    return {
      kind: 'error',
      why: "the answer is not Prometheus' JSON (a login page, or not a Prometheus address?)",
    };
  }
  const { data, warnings } = parsed.data;
  if (warnings !== undefined && warnings !== null && warnings.length > 0) {
    return inconclusive(`the answer may be partial: ${presentable(warnings.join('; '))}`);
  }
  switch (data.resultType) {
    case 'matrix':
      return inconclusive('the query gives a range of values, expected one: wrap it, as in sum(rate(…[1m]))');
    case 'string':
      return inconclusive('the query gives a text, expected a number');
    case 'scalar':
      return readPoint(data.result, at);
    case 'vector':
      return readVector(data.result, at);
    default:
      return data satisfies never;
  }
}

/** Prometheus' own words about a query that it refused; undefined when the body is from somebody else. */
export function readRefusal(body: unknown, redactor: Redactor): string | undefined {
  const parsed = refusalSchema.safeParse(body);
  if (!parsed.success) return undefined;
  return presentable(`${parsed.data.errorType}: ${parsed.data.error}`, redactor);
}

function readVector(result: readonly { value?: [number, string] | undefined }[], at: number): Sample {
  if (result.length > 1) return inconclusive(`${result.length} series, expected one: add sum(…)`);
  const [series] = result;
  if (series === undefined) return noData('no series (no requests in the window, or no such series?)');
  if (series.value === undefined) {
    return inconclusive(
      'the query gives a histogram, expected a number: use histogram_quantile or histogram_count',
    );
  }
  return readPoint(series.value, at);
}

function readPoint([seconds, text]: readonly [number, string], at: number): Sample {
  const offMs = Math.round(seconds * 1000 - at);
  if (Math.abs(offMs) > roundingMs) {
    const amount = `${Math.abs(offMs) / 1000} s ${offMs < 0 ? 'older' : 'newer'}`;
    return noData(`stale: the sample is ${amount} than the time that was asked for`);
  }
  const value = parsePrometheusNumber(text);
  if (value === undefined)
    return inconclusive(`${JSON.stringify(presentable(text.slice(0, 40)))} is not a number`);
  if (Number.isNaN(value)) return noData('NaN (no requests in the window?)');
  if (!Number.isFinite(value)) return inconclusive(`${text} (a division by zero?)`);
  return { kind: 'value', value, at };
}

function noData(why: string): Sample {
  return { kind: 'noData', why };
}

function inconclusive(why: string): Sample {
  return { kind: 'inconclusive', why };
}
