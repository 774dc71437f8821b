/** A Canary as the controller works with it: parsed, with every default filled in, cut into what each room needs. */
import { durationMs } from '../api/duration.ts';
import { type Canary, parseCanary } from '../api/parse.ts';
import { unsupportedFields } from '../api/unsupported.ts';
import type { AlertTarget } from '../core/announce.ts';
import type { NextTarget } from '../core/next-environments.ts';
import { type Plan, planOf } from '../core/plan.ts';
import type { KubeObject } from '../runtime/port.ts';
import type { RouteIntent, Router } from '../traffic/port.ts';
import type { WorkloadIntent } from '../workload/port.ts';
import type { Ports, Settings } from './ports.ts';
import { salvage } from './salvage.ts';

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

export interface Model {
  readonly key: { readonly namespace: string; readonly name: string };
  readonly canary: Canary;
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

/** Why a Canary cannot run at all until its spec changes. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
  /** Enough of it to give the application back when it is deleted; undefined where nothing can be read. */
  readonly remains?: Model;
}

// Objects in a cache never change, and every pass of every queue reads them: parsing is most of what a pass would cost.
const known = new WeakMap<KubeObject, { readonly settings: Settings; readonly read: Model | Refusal }>();

export function readCanary(object: KubeObject, settings: Settings): Model | Refusal {
  const held = known.get(object);
  if (held?.settings === settings) return held.read;
  const read = parse(object, settings);
  known.set(object, { settings, read });
  return read;
}

function parse(object: KubeObject, settings: Settings): Model | Refusal {
  const read = tryParse(object, settings);
  const canary = isRefusal(read) ? salvage(object) : undefined;
  if (canary === undefined) return read;
  return { ...read, remains: modelOf(canary, canary.spec.provider ?? settings.provider, settings) };
}

function tryParse(object: KubeObject, settings: Settings): Model | Refusal {
  const parsed = parseCanary(object);
  if (!parsed.ok) {
    return {
      reason: 'InvalidSpec',
      message: parsed.problems.map(({ field, message }) => `${field} ${message}`).join('; '),
    };
  }
  const canary = parsed.value;
  const provider = canary.spec.provider ?? settings.provider;
  const unsupported = unsupportedFields({
    ...canary.spec,
    provider: canary.spec.provider ?? asProvider(provider),
  });
  if (unsupported.length > 0) {
    return {
      reason: 'Unsupported',
      message: unsupported.map(({ field, message }) => `${field} ${message}`).join('; '),
    };
  }
  if (provider === 'kubernetes' && (canary.spec.analysis.checks ?? []).length > 0) {
    return {
      reason: 'InvalidSpec',
      message: `spec.analysis.checks need a provider that divides the requests; provider kubernetes does not`,
    };
  }
  if (provider !== 'kubernetes' && (canary.spec.service.gatewayRefs ?? []).length === 0) {
    return {
      reason: 'InvalidSpec',
      message: `spec.service.gatewayRefs must name a Gateway for provider ${provider}`,
    };
  }
  return modelOf(canary, provider, settings);
}

export function isRefusal(read: Model | Refusal): read is Refusal {
  return 'reason' in read;
}

export function routerOf(model: Model, ports: Pick<Ports, 'routers'>): Router {
  return ports.routers[model.plan.routed ? 'gatewayapi' : 'kubernetes'];
}

function asProvider(provider: string): Canary['spec']['provider'] & string {
  return provider === 'kubernetes' ? 'kubernetes' : 'gatewayapi:v1';
}

function modelOf(canary: Canary, provider: string, settings: Settings): Model {
  const { metadata, spec } = canary;
  const namespace = metadata.namespace ?? '';
  const { service } = spec;
  const ref = { namespace, name: metadata.name, uid: metadata.uid ?? '' };
  const name = service.name ?? spec.targetRef.name;
  const git = spec.rollback?.git;
  const quarantineMs = durationMs(spec.rollback?.quarantine?.for ?? '');
  return {
    key: { namespace, name: metadata.name },
    canary,
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
