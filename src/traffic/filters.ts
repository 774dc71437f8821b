/** The filters and timeouts of our rule, and which of those on a live rule are ours to change. */
import { z } from 'zod';
import { isJson, type Json, records } from './json.ts';

const HeaderChange = z.object({
  add: z.record(z.string(), z.string()).optional(),
  set: z.record(z.string(), z.string()).optional(),
  remove: z.array(z.string()).optional(),
});
const Rules = z.object({
  headers: z.object({ request: HeaderChange.optional(), response: HeaderChange.optional() }).optional(),
  rewrite: z
    .object({ uri: z.string().optional(), authority: z.string().optional(), type: z.string().optional() })
    .optional(),
  timeout: z.string().optional(),
  backendTimeout: z.string().optional(),
});

export interface RuleParts {
  readonly filters: readonly Json[];
  readonly timeouts: Readonly<Record<string, string>>;
}

export function partsOf(rules: Json): RuleParts {
  const { headers, rewrite, timeout, backendTimeout } = Rules.parse(rules);
  return {
    filters: [
      ...headerFilter('RequestHeaderModifier', 'requestHeaderModifier', headers?.request),
      ...headerFilter('ResponseHeaderModifier', 'responseHeaderModifier', headers?.response),
      ...rewriteFilter(rewrite),
    ],
    timeouts: {
      ...(timeout === undefined ? {} : { request: timeout }),
      ...(backendTimeout === undefined ? {} : { backendRequest: backendTimeout }),
    },
  };
}

function headerFilter(type: string, field: string, change: z.infer<typeof HeaderChange> | undefined): Json[] {
  const { add, set, remove = [] } = change ?? {};
  const value = {
    ...pairs('set', set),
    ...pairs('add', add),
    ...(remove.length === 0 ? {} : { remove }),
  };
  return Object.keys(value).length === 0 ? [] : [{ type, [field]: value }];
}

/** Sorted, because a map has no order and a list has. */
function pairs(field: string, values: Readonly<Record<string, string>> = {}): Json {
  const entries = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? {} : { [field]: entries.map(([name, value]) => ({ name, value })) };
}

function rewriteFilter(rewrite: z.infer<typeof Rules>['rewrite']): Json[] {
  if (rewrite?.uri === undefined && rewrite?.authority === undefined) return [];
  const { uri, authority, type } = rewrite;
  const path =
    type === 'ReplacePrefixMatch'
      ? { type, replacePrefixMatch: uri }
      : { type: 'ReplaceFullPath', replaceFullPath: uri };
  const urlRewrite = {
    ...(authority === undefined ? {} : { hostname: authority }),
    ...(uri === undefined ? {} : { path }),
  };
  return [{ type: 'URLRewrite', urlRewrite }];
}

/**
 * Names of the parts that we write. Kept on the route as an annotation: without it a filter that the spec no longer
 * names could not be told from one which somebody else added and which must stay.
 */
export function namesOf({ filters, timeouts }: RuleParts): string[] {
  return [
    ...filters.map(({ type }) => String(type)),
    ...Object.keys(timeouts).map(name => `timeouts.${name}`),
  ];
}

/** Puts our parts into a live rule; `before` are the names that we wrote last. */
export function withParts(live: Json, parts: RuleParts, before: readonly string[]): Json {
  const ours = new Set([...before, ...namesOf(parts)]);
  const { filters: liveFilters, timeouts: liveTimeouts, ...rest } = live;
  const filters = [...parts.filters, ...records(liveFilters).filter(({ type }) => !ours.has(String(type)))];
  const foreign = Object.entries(isJson(liveTimeouts) ? liveTimeouts : {}).filter(
    ([name]) => !ours.has(`timeouts.${name}`),
  );
  const timeouts = { ...Object.fromEntries(foreign), ...parts.timeouts };
  return {
    ...rest,
    ...(filters.length === 0 ? {} : { filters }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  };
}
