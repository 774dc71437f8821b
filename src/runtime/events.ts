/** Kubernetes Events: told once however many replicas tell them, without waiting and without ever failing the caller. */
import { createHash } from 'node:crypto';
import { Events } from '../api/resources.ts';
import { isAlreadyExists, isNotFound } from './errors.ts';
import { microTime } from './lease.ts';
import type { Log } from './log.ts';
import type { Clock, KubeClient, KubeObject } from './port.ts';

export interface EventFacts {
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word. */
  readonly reason: string;
  /** For people; cut to what the API takes. */
  readonly note: string;
  /** Tells two happenings of the same words apart; the same for every replica. */
  readonly runId: string;
}

export interface EventRecorder {
  readonly record: (regarding: KubeObject, event: EventFacts) => void;
  /** Sends what waits, as far as it goes within two seconds. */
  stop(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** This replica. */
  readonly reportingInstance: string;
}

/** The API refuses longer notes. */
const longestNote = 1_024;
/** A receiver that is down must not cost memory. */
const mostWaiting = 1_000;
/** An object in a loop must not fill etcd: so many at once, then one every so often. */
const burst = 50;
const refillMs = 5_000;
const mostObjects = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, log } = options;
  const waiting: KubeObject[] = [];
  const buckets = new Map<string, Bucket>();
  let sending: Promise<void> | undefined;

  function allowed(uid: string): boolean {
    const now = clock.now();
    const bucket = buckets.get(uid) ?? { tokens: burst, at: now };
    const refilled = Math.floor((now - bucket.at) / refillMs);
    const tokens = Math.min(burst, bucket.tokens + refilled);
    const at = bucket.at + refilled * refillMs;
    if (buckets.size >= mostObjects) buckets.clear();
    buckets.set(uid, { tokens: Math.max(0, tokens - 1), at });
    return tokens > 0;
  }

  async function send(): Promise<void> {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      try {
        await client.create(Events, event);
      } catch (error) {
        if (!isAlreadyExists(error) && !isNotFound(error))
          log.warn({ event: event.metadata.name, err: error }, 'event not recorded');
      }
    }
    sending = undefined;
  }

  return {
    record(regarding, facts) {
      if (waiting.length >= mostWaiting || !allowed(regarding.metadata.uid ?? '')) return;
      waiting.push(eventOf(regarding, facts, options.reportingInstance, clock.now()));
      sending ??= send();
    },
    async stop() {
      let cancel = () => {};
      const timeout = new Promise<void>(resolve => {
        cancel = clock.after(2_000, resolve);
      });
      await Promise.race([sending ?? Promise.resolve(), timeout]);
      cancel();
    },
  };
}

/** events.k8s.io/v1. The name says what happened, so that a second telling is `AlreadyExists`. */
function eventOf(
  regarding: KubeObject,
  { type, reason, note, runId }: EventFacts,
  instance: string,
  now: number,
): KubeObject & Record<string, unknown> {
  const { uid = '', namespace = 'default', name, resourceVersion } = regarding.metadata;
  const told = note.length > longestNote ? `${note.slice(0, longestNote - 1)}…` : note;
  const mark = createHash('sha256')
    .update(JSON.stringify([uid, reason, told, runId]))
    .digest('hex')
    .slice(0, 16);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 230)}.${mark}`, namespace },
    eventTime: microTime(now),
    reportingController: 'siskin.dev/operator',
    reportingInstance: instance.slice(0, 128),
    action: reason,
    reason,
    type,
    note: told,
    regarding: {
      apiVersion: 'siskin.dev/v1beta1',
      kind: regarding.kind ?? 'Canary',
      namespace,
      name,
      uid,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}
