/** The numbers on `/metrics`: one registry, few labels, and no series that outlives its Canary. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { QueueMetrics } from '../runtime/queue.ts';
import type { ReflectorMetrics } from '../runtime/watch-loop.ts';

const phases = [
  'Initializing',
  'Initialized',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Succeeded',
  'Failed',
  'Terminating',
] as const;

export interface CanaryMetrics {
  phase(canary: { namespace: string; name: string }, phase: string, weight: number): void;
  forget(canary: { namespace: string; name: string }): void;
  diverged(canary: { namespace: string; name: string }, since: number): void;
  verdict(outcome: string): void;
  finished(outcome: 'promoted' | 'rolledback' | 'returned'): void;
  reverted(verdict: string): void;
  notified(type: string, delivered: boolean): void;
}

export interface Telemetry {
  readonly registry: Registry;
  readonly canary: CanaryMetrics;
  readonly queue: QueueMetrics;
  readonly reflector: ReflectorMetrics;
  readonly request: (request: { method: string; code: string; host: string }) => void;
  readonly leading: (leads: boolean) => void;
  /** Seconds that the event loop was late at its worst since the last scrape; measured by the health check. */
  readonly lag: (seconds: number) => void;
}

export function createTelemetry(version: string): Telemetry {
  const registry = new Registry();
  // Its own 10 ms would wake the process a hundred times a second: most of what an idle operator costs.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 });
  const registers = [registry];
  const info = new Gauge({
    name: 'siskin_info',
    help: 'Constant 1 with the version.',
    labelNames: ['version'],
    registers,
  });
  info.set({ version }, 1);
  const lag = new Gauge({
    name: 'siskin_event_loop_lag_seconds',
    help: 'How late the event loop is.',
    registers,
  });
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this replica leads.',
    registers,
  });
  leader.set(0);
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server.',
    labelNames: ['method', 'code', 'host'],
    registers,
  });
  return {
    registry,
    canary: canaryMetrics(registers),
    queue: queueMetrics(registers),
    reflector: reflectorMetrics(registers),
    request: labels => requests.inc({ ...labels }),
    leading: leads => leader.set(leads ? 1 : 0),
    lag: seconds => lag.set(seconds),
  };
}

function canaryMetrics(registers: Registry[]): CanaryMetrics {
  const labelNames = ['namespace', 'name'];
  const phase = new Gauge({
    name: 'siskin_canary_phase',
    help: '1 for the phase of a Canary.',
    labelNames: [...labelNames, 'phase'],
    registers,
  });
  const weight = new Gauge({
    name: 'siskin_canary_weight',
    help: 'Percent of the requests that the canary gets.',
    labelNames,
    registers,
  });
  const diverged = new Gauge({
    name: 'siskin_git_diverged_timestamp_seconds',
    help: 'Since when Git asks for a revision that failed; no series where it does not.',
    labelNames,
    registers,
  });
  const verdicts = new Counter({
    name: 'siskin_verdicts_total',
    help: 'Verdicts of checks.',
    labelNames: ['outcome'],
    registers,
  });
  const runs = new Counter({
    name: 'siskin_runs_total',
    help: 'Runs that ended.',
    labelNames: ['outcome'],
    registers,
  });
  const reverts = new Counter({
    name: 'siskin_reverts_total',
    help: 'Reverts by their verdict.',
    labelNames: ['verdict'],
    registers,
  });
  const alerts = new Counter({
    name: 'siskin_notifications_total',
    help: 'Alerts sent.',
    labelNames: ['type', 'result'],
    registers,
  });
  return {
    phase({ namespace, name }, now, percent) {
      for (const other of phases) {
        if (other === now) phase.set({ namespace, name, phase: other }, 1);
        else phase.remove({ namespace, name, phase: other });
      }
      weight.set({ namespace, name }, percent);
    },
    forget({ namespace, name }) {
      for (const other of phases) phase.remove({ namespace, name, phase: other });
      weight.remove({ namespace, name });
      diverged.remove({ namespace, name });
    },
    diverged({ namespace, name }, since) {
      if (since > 0) diverged.set({ namespace, name }, since);
      else diverged.remove({ namespace, name });
    },
    verdict: outcome => verdicts.inc({ outcome }),
    finished: outcome => runs.inc({ outcome }),
    reverted: verdict => reverts.inc({ verdict }),
    notified: (type, delivered) => alerts.inc({ type, result: delivered ? 'delivered' : 'failed' }),
  };
}

function queueMetrics(registers: Registry[]): QueueMetrics {
  const labelNames = ['name'];
  const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Keys that wait for a worker.',
    labelNames,
    registers,
  });
  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Keys added.', labelNames, registers });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Runs that are tried again.',
    labelNames,
    registers,
  });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'From due to started.',
    labelNames,
    buckets,
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'Duration of a run.',
    labelNames: ['name', 'result'],
    buckets,
    registers,
  });
  return {
    depth: (name, waiting) => depth.set({ name }, waiting),
    added: name => adds.inc({ name }),
    retried: name => retries.inc({ name }),
    waited: (name, seconds) => waited.observe({ name }, seconds),
    worked: (name, seconds, result) => worked.observe({ name, result }, seconds),
  };
}

function reflectorMetrics(registers: Registry[]): ReflectorMetrics {
  const relists = new Counter({
    name: 'siskin_reflector_relists_total',
    help: 'Lists by their cause.',
    labelNames: ['resource', 'reason'],
    registers,
  });
  const events = new Counter({
    name: 'siskin_reflector_events_total',
    help: 'Watch events.',
    labelNames: ['resource'],
    registers,
  });
  const errors = new Counter({
    name: 'siskin_watch_decode_errors_total',
    help: 'Objects that could not be read.',
    labelNames: ['resource'],
    registers,
  });
  return {
    relisted: (resource, reason) => relists.inc({ resource, reason }),
    event: resource => events.inc({ resource }),
    decodeError: resource => errors.inc({ resource }),
  };
}
