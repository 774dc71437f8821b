/** Chooses the label by which target and primary are told apart. */
import type { DeploymentObject } from './deployment-object.ts';
import type { SelectorLabel } from './port.ts';

const longestLabelValue = 63;

export function primaryName(name: string): string {
  return `${name}-primary`;
}

/**
 * The first wanted label in the target's own selector. One that only its pods carry would not do: the primary's pods
 * keep every other label, so the target's selector would match them too.
 */
export function selectorOf(target: DeploymentObject, wanted: readonly string[]): SelectorLabel | undefined {
  for (const label of wanted) {
    const value = target.matchLabels[label];
    if (value !== undefined && value !== '' && target.podLabels[label] === value) return { label, value };
  }
  return undefined;
}

/** What is wrong with the target's labels, for people, together with the way out. */
export function selectorProblem(
  target: DeploymentObject,
  wanted: readonly string[],
): { reason: string; message: string } | undefined {
  const { name } = target.metadata;
  const found = selectorOf(target, wanted);
  if (found === undefined) {
    return {
      reason: 'SelectorLabelMissing',
      message:
        `Deployment ${name} selects its pods by none of the labels ${wanted.join(', ')}; ` +
        'add one of them to spec.selector.matchLabels and to the pod template (a new Deployment is needed, selectors are immutable)',
    };
  }
  if (primaryName(found.value).length > longestLabelValue) {
    return {
      reason: 'SelectorLabelTooLong',
      message: `label ${found.label}: ${found.value} of Deployment ${name} leaves no room for the suffix -primary (${longestLabelValue} characters at most)`,
    };
  }
  return undefined;
}
