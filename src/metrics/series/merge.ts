/** Many selectors, few queries: those which differ in the value of one label are asked for together and told apart here. */
import type { Matcher, Selector } from '../vantage/port.ts';
import { escapeRegex, isMatched, selectorText } from '../vantage/selector.ts';

/** So many alternatives stand in one query: more would be a URL and an answer that servers refuse. */
const mostAlternatives = 60;
/** Of longer windows fewer stand together, so that an answer does not grow with the window; ms. */
const shortWindowMs = 600_000;

/** One query, and the selectors whose series are all in its answer. */
export interface Merged {
  readonly selector: Selector;
  /** As `selectorText` writes them. */
  readonly covers: ReadonlySet<string>;
  /** The label by whose value their series can be told apart, where there is more than one. */
  readonly key?: string;
}

/** Queries which together choose every series that any of `wanted` chooses, and not many more; `windowMs` of samples are asked for. */
export function mergeSelectors(wanted: readonly Selector[], windowMs = shortWindowMs): Merged[] {
  const share = Math.min(1, shortWindowMs / windowMs);
  const most = Math.max(1, Math.floor(mostAlternatives * share));
  const distinct = new Map(wanted.map(selector => [selectorText(selector), selector]));
  return [...Map.groupBy(distinct.values(), each => mergeable(each).shape).values()].flatMap(group => {
    const key = group[0] && mergeable(group[0]).label;
    const size = key === undefined ? 1 : most;
    const merged: Merged[] = [];
    for (let start = 0; start < group.length; start += size) {
      const part = group.slice(start, start + size);
      merged.push({
        selector: together(part),
        covers: new Set(part.map(each => selectorText(each))),
        ...(key === undefined || part.length === 1 ? {} : { key }),
      });
    }
    return merged;
  });
}

/** What of a selector counts when it is merged. */
interface Mergeable {
  /** Equal for selectors that may differ in nothing but the value of one label, the most telling one of them. */
  readonly shape: string;
  readonly label: string | undefined;
  /** The value of that label, for use in a pattern. */
  readonly value: string;
}

/** Selectors never change, and those of a check are merged at every scrape. */
const known = new WeakMap<Selector, Mergeable>();

function mergeable(selector: Selector): Mergeable {
  const held = known.get(selector);
  if (held !== undefined) return held;
  const { metric, matchers } = selector;
  const label = keyLabel(matchers);
  const shape = JSON.stringify([metric, matchers.map(each => (each.label === label ? [label] : each))]);
  const value = escapeRegex(matchers.find(each => each.label === label)?.value ?? '');
  const made = { shape, label, value };
  known.set(selector, made);
  return made;
}

/** The label that names the backend: the last one with a plain value, where no other matcher speaks of it. */
function keyLabel(matchers: readonly Matcher[]): string | undefined {
  return matchers.findLast(
    ({ op, label }) => op === '=' && matchers.filter(each => each.label === label).length === 1,
  )?.label;
}

function together(group: readonly Selector[]): Selector {
  const [first = { metric: '', matchers: [] }, ...others] = group;
  const { label } = mergeable(first);
  if (others.length === 0 || label === undefined) return first;
  const either: Matcher = { label, op: '=~', value: group.map(each => mergeable(each).value).join('|') };
  return {
    metric: first.metric,
    matchers: first.matchers.map(each => (each.label === label ? either : each)),
  };
}

/** Of an answer's series those that each selector chooses, without looking at every series for every selector. */
export function chooserOf<S extends { readonly labels: Labels }>(
  { key }: Pick<Merged, 'key'>,
  series: readonly S[],
): (selector: Selector) => readonly S[] {
  const byValue = key === undefined ? undefined : Map.groupBy(series, ({ labels }) => labels[key] ?? '');
  return selector => {
    const value = selector.matchers.find(({ label, op }) => label === key && op === '=')?.value;
    const candidates = value === undefined ? series : (byValue?.get(value) ?? []);
    return candidates.filter(({ labels }) => isChosen(selector, labels));
  };
}

type Labels = Readonly<Record<string, string>>;

/** Whether a series of an answer is one that this selector chooses. */
export function isChosen({ metric, matchers }: Selector, labels: Labels): boolean {
  return labels['__name__'] === metric && matchers.every(each => isMatched(each, labels));
}
