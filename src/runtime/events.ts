/** Kubernetes Events: told once across replicas and restarts, never in the way of the work. */
import { createHash } from 'node:crypto';
import { backoffMs, sleep } from './clock.ts';
import { ApiError, isAlreadyExists } from './errors.ts';
import { microTime } from './lease.ts';
import type { Log } from './log.ts';
import type { Clock, KubeClient, KubeObject, Resource } from './port.ts';
import { createTokenBuckets } from './token-bucket.ts';

export const Events: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

/** The object that an event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
}

export interface EventInput {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  /** A word of a stable enumeration, such as `RolledBack`. */
  readonly reason: string;
  /** What was done or tried, such as `Rollback`. */
  readonly action: string;
  /** One sentence; cut at 1 kB. */
  readonly note: string;
  /** Tells the runs of one object apart: the same note in another run is another event. */
  readonly runId?: string;
}

export interface EventRecorder {
  /** Queues the event and returns; never throws. Beyond the limits events are dropped and counted in the log. */
  record(event: EventInput): void;
  /** Resolves when the queue is empty. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The replica, as `reportingInstance`. */
  readonly instance: string;
  /** Removes secrets from notes. */
  readonly redact?: (text: string) => string;
}

interface KubeEvent extends KubeObject {
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  action: string;
  reason: string;
  regarding: Regarding;
  note: string;
  type: string;
}

const longestNote = 1_024;
const longestWord = 128;
const longestQueue = 1_000;
const mostAttempts = 4;
/** A long run tells every step; client-go, at one in five minutes after 25, would lose most of them. */
const limits = { burst: 50, refillMs: 10_000, mostKeys: 4_096 };
const mostRemembered = 4_096;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, log } = options;
  const allowed = createTokenBuckets({ ...limits, now: () => clock.now() });
  /** How often this process told each event; a repeat within the process becomes the event's series. */
  const counts = new Map<string, number>();
  const queue: EventInput[] = [];
  let dropped = 0;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      await deliver(event);
    }
    working = undefined;
  }

  async function deliver(event: EventInput): Promise<void> {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      try {
        await send(event);
        return;
      } catch (error) {
        const hopeless = error instanceof ApiError && error.status < 500 && error.status !== 429;
        if (hopeless || attempt === mostAttempts) {
          log.warn(
            { reason: event.reason, name: event.regarding.name, err: error },
            'event was not recorded',
          );
          return;
        }
        await sleep(clock, backoffMs({ baseMs: 200, capMs: 5_000 }, attempt));
      }
    }
  }

  async function send(event: EventInput): Promise<void> {
    const { client } = options;
    const object = kubeEvent(event, options);
    const { name, namespace = 'default' } = object.metadata;
    const count = (counts.get(name) ?? 0) + 1;
    if (count === 1) {
      try {
        await client.create(Events, object);
      } catch (error) {
        // Another replica, or this one before a restart, has told it: once is enough.
        if (!isAlreadyExists(error)) throw error;
      }
    } else {
      const series = { count, lastObservedTime: object.eventTime };
      await client.patch(Events, { namespace, name }, { series });
    }
    counts.delete(name);
    counts.set(name, count);
    for (const oldest of counts.keys()) {
      if (counts.size <= mostRemembered) break;
      counts.delete(oldest);
    }
  }

  return {
    record(event) {
      if (queue.length >= longestQueue || !allowed(`${event.regarding.uid}/${event.regarding.name}`)) {
        dropped += 1;
        log.debug({ reason: event.reason, name: event.regarding.name, dropped }, 'event dropped');
        return;
      }
      queue.push(event);
      working ??= work();
    },
    async flush() {
      await working;
    },
  };
}

function kubeEvent(event: EventInput, options: EventRecorderOptions): KubeEvent {
  const { regarding, runId = '' } = event;
  const note = cutToBytes((options.redact ?? (text => text))(event.note), longestNote);
  // From the whole note, not the cut one: two long notes may differ only at their ends.
  const hash = createHash('sha256')
    .update(JSON.stringify([regarding.uid, event.reason, event.note, runId]))
    .digest('hex')
    .slice(0, 20);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      name: `${prefixOf(regarding.name)}.${hash}`,
      // Events about cluster-wide objects live in `default`; the API server insists.
      namespace: regarding.namespace ?? 'default',
    },
    eventTime: microTime(options.clock.now()),
    reportingController: 'siskin.dev/operator',
    reportingInstance: options.instance.slice(0, longestWord),
    action: event.action.slice(0, longestWord),
    reason: event.reason.slice(0, longestWord),
    type: event.type,
    regarding,
    note,
  };
}

/** An event's name is a DNS subdomain of at most 253 characters, whatever its object is called. */
function prefixOf(name: string): string {
  const safe = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .slice(0, 200)
    .replace(/[.-]*\.[.-]*/g, '.');
  return safe.replace(/^[.-]+|[.-]+$/g, '') || 'object';
}

function cutToBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.byteLength <= bytes) return text;
  // A character cut in half decodes to U+FFFD, which is left out.
  return `${encoded
    .subarray(0, bytes - 3)
    .toString('utf8')
    .replace(/\uFFFD$/, '')}…`;
}
