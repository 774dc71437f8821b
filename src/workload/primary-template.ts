/** Turns the target's pod template into the primary's: other labels of its own, everything else untouched. */
import { isJson, type Json, withoutNulls } from './json.ts';
import type { PodTemplate, SelectorLabel } from './port.ts';
import { primaryName } from './selector.ts';
import { withoutTracking } from './tracking.ts';

/**
 * `kept` is the selector of a primary that exists: selectors are immutable, so its pods must go on carrying it even when
 * the target is selected by another label now.
 */
export function primaryTemplate(
  template: PodTemplate,
  selector: SelectorLabel,
  kept: Readonly<Record<string, string>> = {},
): PodTemplate {
  const metadata = isJson(template.metadata) ? template.metadata : {};
  const annotations = withoutTracking(strings(metadata.annotations));
  const labels = {
    ...withoutTracking(strings(metadata.labels)),
    ...kept,
    [selector.label]: primaryName(selector.value),
  };
  const rest = {
    ...metadata,
    labels,
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
  };
  return record(withoutNulls({ ...template, metadata: rest, spec: podSpec(template.spec, selector) }));
}

/** A spread over the target's own pods becomes one over the primary's. */
function podSpec(spec: unknown, selector: SelectorLabel): unknown {
  if (!isJson(spec)) return spec;
  const { affinity, topologySpreadConstraints } = spec;
  return {
    ...spec,
    ...(isJson(affinity) && affinity.podAntiAffinity !== undefined
      ? { affinity: { ...affinity, podAntiAffinity: renamed(affinity.podAntiAffinity, selector) } }
      : {}),
    ...(topologySpreadConstraints === undefined
      ? {}
      : { topologySpreadConstraints: renamed(topologySpreadConstraints, selector) }),
  };
}

/** Follows every labelSelector below; only the label that differs between the two sides changes. */
function renamed(value: unknown, selector: SelectorLabel): unknown {
  if (Array.isArray(value)) return value.map(member => renamed(member, selector));
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'labelSelector' && isJson(member)
        ? renamedSelector(member, selector)
        : renamed(member, selector),
    ]),
  );
}

function renamedSelector(labelSelector: Json, { label, value }: SelectorLabel): Json {
  const { matchLabels, matchExpressions } = labelSelector;
  const own = (key: unknown, held: unknown) => (key === label && held === value ? primaryName(value) : held);
  return {
    ...labelSelector,
    ...(isJson(matchLabels)
      ? { matchLabels: Object.fromEntries(Object.entries(matchLabels).map(([k, v]) => [k, own(k, v)])) }
      : {}),
    ...(Array.isArray(matchExpressions)
      ? {
          matchExpressions: matchExpressions.map((term: unknown) =>
            isJson(term) && Array.isArray(term.values)
              ? { ...term, values: term.values.map((held: unknown) => own(term.key, held)) }
              : term,
          ),
        }
      : {}),
  };
}

function record(value: unknown): Json {
  return isJson(value) ? value : {};
}

function strings(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
