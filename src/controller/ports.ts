/** What the controller asks of the world, as one object that is handed to every function. */

import type { Forge } from '../forge/port.ts';
import type { GitRepository } from '../git/port.ts';
import type { ReadSecret, Sampler, SeriesReader } from '../metrics/port.ts';
import type { Notifier } from '../notify/port.ts';
import type { Cache, Clock, KubeClient, KubeObject } from '../runtime/port.ts';
import type { Tracer } from '../trace/port.ts';
import type { Router } from '../traffic/port.ts';
import type { Webhooks } from '../webhook/port.ts';
import type { Workload } from '../workload/port.ts';

export interface Settings {
  /** Used where a Canary names no provider. */
  readonly provider: string;
  readonly selectorLabels: readonly string[];
  readonly operatorNamespace: string;
  readonly clusterName?: string;
  /** More rollbacks than this within `breakerWindowMs`, over all Canaries, are taken for an outage: no more Git writes. */
  readonly breakerLimit: number;
  readonly breakerWindowMs: number;
  /** Off: nothing is written to Git, for any Canary. */
  readonly gitWrites: boolean;
  /** Reverts in any hour, over all Canaries. */
  readonly revertsPerHour: number;
}

/** A Kubernetes Event about a Canary; recording it never fails and never waits. */
export interface RecordEvent {
  (
    canary: KubeObject,
    event: { type: 'Normal' | 'Warning'; reason: string; note: string; runId: string },
  ): void;
}

/** Numbers for `/metrics`. */
export interface Observe {
  phase(canary: { namespace: string; name: string }, phase: string, weight: number): void;
  forget(canary: { namespace: string; name: string }): void;
  /** Since when (s since the epoch) Git asks for a failed revision; 0 where it does not. */
  diverged(canary: { namespace: string; name: string }, since: number): void;
  verdict(outcome: string): void;
  finished(outcome: 'promoted' | 'rolledback' | 'returned'): void;
  reverted(verdict: string): void;
  notified(type: string, delivered: boolean): void;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

export interface Ports {
  readonly clock: Clock;
  readonly kube: KubeClient;
  readonly canaries: Cache<KubeObject>;
  readonly metricTemplates: Cache<KubeObject>;
  readonly alertProviders: Cache<KubeObject>;
  readonly repositories: Cache<KubeObject>;
  readonly workload: Workload;
  readonly routers: Readonly<Record<'gatewayapi' | 'kubernetes', Router>>;
  readonly sampler: Sampler;
  /** Raw samples for `analysis.checks`. */
  readonly series: SeriesReader;
  readonly webhooks: Webhooks;
  /** Why this query cannot be used at all; undefined where it parses. */
  readonly queryProblem: (query: string) => string | undefined;
  readonly git: GitRepository;
  readonly forge: Forge;
  readonly tracer: Tracer;
  readonly notifier: Notifier;
  readonly readSecret: ReadSecret;
  /** The version of a Secret, to see that it changed; undefined where there is none or it may not be read. */
  readonly secretVersion: (namespace: string, name: string) => Promise<string | undefined>;
  readonly recordEvent: RecordEvent;
  readonly observe: Observe;
  readonly log: Log;
  readonly settings: Settings;
}
