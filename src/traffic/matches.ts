/** Maps `service.match` to the matches of an HTTPRoute, spelled out as the API server defaults them. */
import { z } from 'zod';
import { TerminalError } from '../runtime/errors.ts';
import type { Json } from './json.ts';

const StringMatch = z.strictObject({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
});
const ValueMatch = StringMatch.omit({ prefix: true });
const Values = z.record(z.string(), ValueMatch).optional();

/** What the Gateway API can express; strict, for a condition left out would let in requests that were to stay out. */
const Match = z.strictObject({
  name: z.string().optional(),
  uri: StringMatch.optional(),
  method: z.strictObject({ exact: z.string() }).optional(),
  headers: Values,
  queryParams: Values,
});
const Matches = z.array(Match);

const everyPath = { path: { type: 'PathPrefix', value: '/' } };

/** TerminalError `RouteUnsupported` for what the Gateway API cannot express. */
export function matchesOf(match: unknown): Json[] {
  const parsed = Matches.safeParse(match ?? []);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = ['spec.service.match', ...(issue?.path ?? [])].join('.');
    throw new TerminalError(
      'RouteUnsupported',
      `${field} cannot be expressed by the Gateway API: ${issue?.message ?? 'not valid'}`,
    );
  }
  return parsed.data.length === 0 ? [everyPath] : parsed.data.map(matchOf);
}

function matchOf({ uri, method, headers, queryParams }: z.infer<typeof Match>): Json {
  return {
    path: pathOf(uri),
    ...(method === undefined ? {} : { method: method.exact }),
    ...listOf('headers', headers),
    ...listOf('queryParams', queryParams),
  };
}

function pathOf(uri: z.infer<typeof StringMatch> | undefined): Json {
  if (uri?.exact !== undefined) return { type: 'Exact', value: uri.exact };
  if (uri?.regex !== undefined) return { type: 'RegularExpression', value: uri.regex };
  return { type: 'PathPrefix', value: uri?.prefix ?? '/' };
}

/** Sorted, because a map has no order and a list has. */
function listOf(field: string, values: z.infer<typeof Values>): Json {
  const entries = Object.entries(values ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return {};
  return {
    [field]: entries.map(([name, { exact, regex }]) =>
      regex === undefined
        ? { type: 'Exact', name, value: exact ?? '' }
        : { type: 'RegularExpression', name, value: regex },
    ),
  };
}
