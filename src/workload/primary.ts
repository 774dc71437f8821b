/** The primary Deployment as Siskin makes it and as a promotion changes it. */
import { z } from 'zod';
import type { KubeObject } from '../runtime/port.ts';
import { readDeployment } from './deployment-object.ts';
import { type Json, mergeDiff, sameJson } from './json.ts';
import { ownerReferenceTo } from './ownership.ts';
import type { PodSet, SelectorLabel, WorkloadIntent } from './port.ts';
import { primaryTemplate } from './primary-template.ts';
import { primaryName } from './selector.ts';
import { withoutObjectTracking } from './tracking.ts';

/**
 * Kept on the Deployment and not on its pods: writing the same template twice, after a crash, must not replace pods.
 */
export const revisionAnnotation = 'siskin.dev/revision';

/**
 * The template that the primary had before, with its revision: written by the very patch that replaces it, so that it is
 * exactly what was served, there is never more than one, and it goes with the primary.
 */
const previousAnnotation = 'siskin.dev/previous';
/** Characters; all annotations of an object together may have 256 Ki. */
const longestKept = 131_072;

const Kept = z.object({ revision: z.string(), template: z.record(z.string(), z.unknown()) });

/** Undefined where nothing is kept, or what is there cannot be read. */
export function keptTemplate(live: KubeObject): z.infer<typeof Kept> | undefined {
  const text = live.metadata.annotations?.[previousAnnotation];
  if (text === undefined) return undefined;
  try {
    return Kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The conditional patch that gives the primary back what it keeps of this revision; undefined where it keeps nothing of it. */
export function restorePatch(live: KubeObject, revision: string): Record<string, unknown> | undefined {
  const kept = keptTemplate(live);
  if (kept?.revision !== revision) return undefined;
  const spec = mergeDiff({ template: readDeployment(live).template }, { template: kept.template });
  return {
    metadata: {
      resourceVersion: live.metadata.resourceVersion,
      annotations: { [revisionAnnotation]: revision, [previousAnnotation]: null },
    },
    ...(spec === undefined ? {} : { spec }),
  };
}

/** What is kept when `revision` replaces what the primary has: only the promoted one, never half of another promotion. */
function keptAnnotation(live: KubeObject, revision: string, promoted: string): Json {
  const held = live.metadata.annotations?.[revisionAnnotation];
  if (held === undefined || held !== promoted || held === revision) return {};
  const text = JSON.stringify({ revision: held, template: readDeployment(live).template });
  return { [previousAnnotation]: text.length > longestKept ? null : text };
}

export function newPrimary(
  intent: WorkloadIntent,
  target: PodSet,
  selector: SelectorLabel,
  revision: string,
): KubeObject {
  const matchLabels = { [selector.label]: primaryName(selector.value) };
  return {
    metadata: {
      name: primaryName(intent.target.name),
      namespace: intent.canary.namespace,
      labels: primaryLabels(target, selector),
      annotations: { [revisionAnnotation]: revision },
      ownerReferences: [ownerReferenceTo(intent.canary)],
    },
    spec: {
      ...target.rollout,
      replicas: target.replicas > 0 ? target.replicas : 1,
      selector: { matchLabels },
      template: primaryTemplate(target.template, selector),
    },
  };
}

/**
 * The conditional patch that makes the live primary hold exactly this template, what others put into it included;
 * replicas are not in it. Undefined when it does already.
 */
export function promotionPatch(
  live: KubeObject,
  from: PodSet,
  selector: SelectorLabel,
  { revision, promoted }: { readonly revision: string; readonly promoted: string },
): Record<string, unknown> | undefined {
  const primary = readDeployment(live);
  const template = primaryTemplate(from.template, selector, primary.matchLabels);
  const spec = mergeDiff(
    { ...(from.rollout === undefined ? {} : primary.rollout), template: primary.template },
    { ...from.rollout, template },
  );
  const labels = missing(primaryLabels(from, selector), live.metadata.labels ?? {});
  const annotations = missing(
    { [revisionAnnotation]: revision, ...keptAnnotation(live, revision, promoted) },
    live.metadata.annotations ?? {},
  );
  if (spec === undefined && labels === undefined && annotations === undefined) return undefined;
  return {
    metadata: {
      resourceVersion: live.metadata.resourceVersion,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...(spec === undefined ? {} : { spec }),
  };
}

/** The live primary holds what a promotion of this template would write. */
export function holdsTemplate(live: KubeObject, template: Json, selector: SelectorLabel): boolean {
  const primary = readDeployment(live);
  return sameJson(primaryTemplate(template, selector, primary.matchLabels), primary.template);
}

function primaryLabels(target: PodSet, selector: SelectorLabel): Record<string, string> {
  return {
    ...withoutObjectTracking(target.labels ?? {}),
    'app.kubernetes.io/managed-by': 'siskin',
    [selector.label]: primaryName(selector.value),
  };
}

/** What of `wanted` is not held; labels and annotations of others are no business of ours. */
function missing(wanted: Json, held: Json): Json | undefined {
  const entries = Object.entries(wanted).filter(([key, value]) => (held[key] ?? null) !== value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
