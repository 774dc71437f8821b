/** A Canary's spec as the controller works with it: checked for what schemas cannot tell, cut into what each room needs. */
import type { CanarySpec } from '../api/canary-spec.ts';
import { durationMs } from '../api/duration.ts';
import { unsupportedFields } from '../api/unsupported.ts';
import type { AlertTarget } from '../core/announce.ts';
import type { NextTarget } from '../core/next-environments.ts';
import { type Plan, planOf } from '../core/plan.ts';
import type { RouteIntent } from '../traffic/port.ts';
import type { CanaryRef, WorkloadIntent } from '../workload/port.ts';
import type { Settings } from './ports.ts';

export interface GitSettings {
  readonly mode: 'Off' | 'DryRun' | 'Commit' | 'PullRequest' | 'Auto';
  readonly repository: string;
  readonly branch?: string;
  /** Undefined where the GitOps agent is to tell. */
  readonly path?: string;
  readonly convergeWithinMs: number;
  readonly scope: 'Paths' | 'Commit';
  readonly onConflict: 'Hold' | 'Restore' | 'PullRequest';
  readonly delayMs: number;
  readonly limits: { readonly perHour: number; readonly perDay: number };
}

/** What follows from a Canary's spec and its name alone, whatever its status. */
export interface SpecModel {
  readonly key: { readonly namespace: string; readonly name: string };
  readonly plan: Plan;
  readonly provider: string;
  readonly workload: WorkloadIntent;
  readonly route: RouteIntent;
  /** How long a failed revision stays in quarantine; undefined is without end. */
  readonly quarantineMs?: number;
  /** What of Flux's image automation a rollback suspends. */
  readonly imageAutomation?: {
    readonly kind: 'ImageUpdateAutomation' | 'ImagePolicy';
    readonly name: string;
  };
  readonly git?: GitSettings;
  readonly alerts: readonly AlertTarget[];
  readonly next: readonly NextTarget[];
}

/** Why a spec cannot work, for the condition. */
export interface SpecRefusal {
  readonly reason: string;
  readonly message: string;
}

interface Held {
  readonly ref: CanaryRef;
  readonly settings: Settings;
  readonly read: SpecModel | SpecRefusal;
}

/**
 * Versions of a Canary that differ in their status alone share the parsed spec, and so what follows from it: the same
 * intents for the adapters, which can tell by that that they were asked before.
 */
const known = new WeakMap<CanarySpec, Held>();

export function readSpec(spec: CanarySpec, ref: CanaryRef, settings: Settings): SpecModel | SpecRefusal {
  const held = known.get(spec);
  if (held?.settings === settings && isSameCanary(held.ref, ref)) return held.read;
  const read = check(spec, ref, settings);
  known.set(spec, { ref, settings, read });
  return read;
}

function isSameCanary(one: CanaryRef, other: CanaryRef): boolean {
  return one.uid === other.uid && one.name === other.name && one.namespace === other.namespace;
}

function check(spec: CanarySpec, ref: CanaryRef, settings: Settings): SpecModel | SpecRefusal {
  const provider = spec.provider ?? settings.provider;
  const unsupported = unsupportedFields({
    ...spec,
    provider: spec.provider ?? asProvider(provider),
  });
  if (unsupported.length > 0) {
    return {
      reason: 'Unsupported',
      message: unsupported.map(({ field, message }) => `${field} ${message}`).join('; '),
    };
  }
  if (provider === 'kubernetes' && (spec.analysis.checks ?? []).length > 0) {
    return {
      reason: 'InvalidSpec',
      message: `spec.analysis.checks need a provider that divides the requests; provider kubernetes does not`,
    };
  }
  if (provider !== 'kubernetes' && (spec.service.gatewayRefs ?? []).length === 0) {
    return {
      reason: 'InvalidSpec',
      message: `spec.service.gatewayRefs must name a Gateway for provider ${provider}`,
    };
  }
  return cut(spec, ref, provider, settings);
}

function asProvider(provider: string): CanarySpec['provider'] & string {
  return provider === 'kubernetes' ? 'kubernetes' : 'gatewayapi:v1';
}

/** Cut from the spec, also from one that is refused: `provider` is the spec's, or the operator's default. */
export function cut(spec: CanarySpec, ref: CanaryRef, provider: string, settings: Settings): SpecModel {
  const { namespace } = ref;
  const { service } = spec;
  const name = service.name ?? spec.targetRef.name;
  const git = spec.rollback?.git;
  const quarantineMs = durationMs(spec.rollback?.quarantine?.for ?? '');
  return {
    key: { namespace, name: ref.name },
    provider,
    plan: planOf(spec, provider),
    workload: {
      canary: ref,
      target: { kind: spec.targetRef.kind, name: spec.targetRef.name },
      selectorLabels: settings.selectorLabels,
      readyThreshold: {
        primary: spec.analysis.primaryReadyThreshold,
        canary: spec.analysis.canaryReadyThreshold,
      },
      service: {
        name,
        port: service.port,
        portName: service.portName,
        targetPort: service.targetPort ?? service.port,
        ...(service.appProtocol === undefined ? {} : { appProtocol: service.appProtocol }),
        portDiscovery: service.portDiscovery,
        headless: service.headless,
        ...(service.trafficDistribution === undefined
          ? {}
          : { trafficDistribution: service.trafficDistribution }),
        apex: service.apex ?? {},
        primary: service.primary ?? {},
        canary: service.canary ?? {},
        ...(service.unmanagedMetadata === undefined ? {} : { unmanagedMetadata: service.unmanagedMetadata }),
      },
    },
    route: {
      canary: ref,
      service: name,
      port: service.port,
      hosts: service.hosts ?? [],
      gatewayRefs: service.gatewayRefs ?? [],
      rules: {
        ...(service.match === undefined ? {} : { match: service.match }),
        ...(service.rewrite === undefined ? {} : { rewrite: service.rewrite }),
        ...(service.headers === undefined ? {} : { headers: service.headers }),
        ...(service.timeout === undefined ? {} : { timeout: service.timeout }),
        ...(service.backendTimeout === undefined ? {} : { backendTimeout: service.backendTimeout }),
      },
      metadata: service.apex ?? {},
    },
    ...(quarantineMs === undefined ? {} : { quarantineMs }),
    ...(spec.rollback?.suspend === undefined ? {} : { imageAutomation: spec.rollback.suspend }),
    ...(git === undefined
      ? {}
      : {
          git: {
            mode: git.mode,
            repository: git.repositoryRef.name,
            limits: git.limits,
            convergeWithinMs: durationMs(git.convergeWithin) ?? 900_000,
            ...(git.path === undefined ? {} : { path: git.path }),
            ...(git.branch === undefined ? {} : { branch: git.branch }),
            scope: git.scope,
            onConflict: git.onConflict,
            delayMs: durationMs(git.delay) ?? 0,
          },
        }),
    next: (spec.promotion ?? []).map(target => ({ name: target.name, soakMs: durationMs(target.soak) ?? 0 })),
    alerts: (spec.analysis.alerts ?? []).map(alert => ({
      provider: `${alert.providerRef.namespace ?? namespace}/${alert.providerRef.name}`,
      severity: alert.severity === '' ? 'info' : alert.severity,
    })),
  };
}
