/** Which rules of a route are Siskin's, and what they should say. */
import type { KubeObject } from '../runtime/port.ts';
import { namesOf, partsOf, withParts } from './filters.ts';
import type { Json } from './json.ts';
import { matchesOf } from './matches.ts';
import type { RouteIntent, Weights } from './port.ts';
import type { BackendRef, RouteObject, Rule } from './route-object.ts';

/** Names of the filters and timeouts that we wrote into our rule. */
export const partsAnnotation = 'siskin.dev/route-parts';

/** A route that we created carries our owner reference; any other was there before. */
export function isOurRoute({ metadata }: Pick<KubeObject, 'metadata'>, { canary }: RouteIntent): boolean {
  return (
    metadata.ownerReferences?.some(owner => owner.controller === true && owner.uid === canary.uid) === true
  );
}

type Role = 'apex' | 'primary' | 'canary';

function roleOf(ref: BackendRef, { service, canary }: RouteIntent): Role | undefined {
  const { group = '', kind = 'Service', namespace = canary.namespace, name } = ref;
  if (group !== '' || kind !== 'Service' || namespace !== canary.namespace) return undefined;
  if (name === service) return 'apex';
  return name === `${service}-primary` ? 'primary' : name === `${service}-canary` ? 'canary' : undefined;
}

function refOf(rule: Rule, role: Role, intent: RouteIntent): BackendRef | undefined {
  return rule.backendRefs?.find(ref => roleOf(ref, intent) === role);
}

function isSplit(rule: Rule, intent: RouteIntent): boolean {
  return refOf(rule, 'primary', intent) !== undefined && refOf(rule, 'canary', intent) !== undefined;
}

/**
 * The rules that we write: those split between our two Services, or leading to the apex Service's port. One that names a
 * single side is somebody's own way to that side. In a route of ours there is one, the others are additions of people.
 */
export function ourRules(route: RouteObject, intent: RouteIntent): Rule[] {
  const leads = (rule: Rule) => refOf(rule, 'apex', intent);
  if (isOurRoute(route, intent)) {
    const rule = route.rules.find(candidate => isSplit(candidate, intent)) ?? route.rules.find(leads);
    return rule === undefined ? [] : [rule];
  }
  return route.rules.filter(rule => isSplit(rule, intent) || leads(rule)?.port === intent.port);
}

/** Backends of others in a rule of ours, which would take a share that no percentage accounts for. */
export function strangersIn(rule: Rule, intent: RouteIntent): BackendRef[] {
  return (rule.backendRefs ?? []).filter(ref => roleOf(ref, intent) === undefined);
}

/** Undefined where the rule is not split, or sends nothing anywhere. */
export function weightsOf(rule: Rule | undefined, intent: RouteIntent): Weights | undefined {
  if (rule === undefined || !isSplit(rule, intent)) return undefined;
  const share = (role: Role) => refOf(rule, role, intent)?.weight ?? 1;
  const sum = share('primary') + share('canary');
  if (sum <= 0) return undefined;
  return { primary: (100 * share('primary')) / sum, canary: (100 * share('canary')) / sum };
}

/** The integers of a route: whole percents as they are, so that people read them; others in hundredths of a percent, which sum to 10,000. */
function integersOf({ primary, canary }: Weights): Weights {
  if (Number.isInteger(primary) && Number.isInteger(canary)) return { primary, canary };
  const hundredths = Math.round(canary * 100);
  return { primary: 10_000 - hundredths, canary: hundredths };
}

/** The rule with its backends replaced; what people put on a backend stays on it, and the canary starts with the primary's. */
function split(rule: Rule, intent: RouteIntent, weights: Weights): BackendRef[] {
  const main = refOf(rule, 'primary', intent) ?? refOf(rule, 'apex', intent);
  const integers = integersOf(weights);
  const backend = (base: BackendRef | undefined, role: 'primary' | 'canary'): BackendRef => ({
    group: '',
    kind: 'Service',
    ...base,
    name: `${intent.service}-${role}`,
    port: intent.port,
    weight: integers[role],
  });
  return [backend(main, 'primary'), backend(refOf(rule, 'canary', intent) ?? main, 'canary')];
}

export interface WantedRules {
  readonly rules: readonly Json[];
  /** Names of the filters and timeouts that we write, for `partsAnnotation`; undefined leaves the annotation as it is. */
  readonly parts?: readonly string[];
}

/** All rules of the route as they should be, those of others unchanged and in their places. TerminalError `RouteUnsupported`. */
export function wantedRules(
  route: RouteObject | undefined,
  intent: RouteIntent,
  weights: Weights,
): WantedRules {
  if (route !== undefined && !isOurRoute(route, intent)) return backendsOnly(route, intent, weights);
  const [rule = {}] = route === undefined ? [] : ourRules(route, intent);
  const parts = partsOf(intent.rules);
  const before = route?.metadata.annotations?.[partsAnnotation]?.split(',') ?? [];
  const wanted = {
    ...withParts(rule, parts, before),
    matches: matchesOf(intent.rules.match),
    backendRefs: split(rule, intent, weights),
  };
  const rules = route?.rules ?? [];
  // In front when it is missing: of two rules with the same matches the first one counts.
  const all = rules.some(other => other === rule)
    ? rules.map(other => (other === rule ? wanted : other))
    : [wanted, ...rules];
  return { rules: all, parts: namesOf(parts) };
}

/** Touches nothing but who gets how much. */
export function backendsOnly(route: RouteObject, intent: RouteIntent, weights: Weights): WantedRules {
  const ours = new Set(ourRules(route, intent));
  return {
    rules: route.rules.map(rule =>
      ours.has(rule)
        ? { ...rule, backendRefs: [...split(rule, intent, weights), ...strangersIn(rule, intent)] }
        : rule,
    ),
  };
}

/** All rules of the route with ours leading to the apex Service. */
export function releasedRules(route: RouteObject, intent: RouteIntent): Json[] {
  const ours = new Set(ourRules(route, intent));
  return route.rules.map(rule => {
    if (!ours.has(rule) || !isSplit(rule, intent)) return rule;
    const main = { ...refOf(rule, 'primary', intent), name: intent.service, weight: 100 };
    return { ...rule, backendRefs: [main, ...strangersIn(rule, intent)] };
  });
}
