import { describe, expect, it } from 'vitest';
import { ApiError, TransientError } from './errors.ts';
import { createEventRecorder, type EventInput } from './events.ts';
import { silentLog } from './log.ts';
import { ManualClock } from './manual-clock.ts';
import type { KubeClient, KubeObject, ObjectKey } from './port.ts';
import { createTokenBuckets } from './token-bucket.ts';

interface Told {
  name: string;
  namespace: string | undefined;
  note: unknown;
  series?: unknown;
}

/** What the API server keeps of events, with failures to order. */
function apiServer() {
  const told = new Map<string, Told>();
  const failures: Error[] = [];
  const client: Pick<KubeClient, 'create' | 'patch'> = {
    create: async (_resource, object) => {
      fail();
      const { name, namespace } = object.metadata;
      if (told.has(name)) throw new ApiError('exists', { status: 409, reason: 'AlreadyExists' });
      told.set(name, { name, namespace, note: 'note' in object ? object.note : undefined });
      return object;
    },
    patch: async <T extends KubeObject>(_resource: unknown, key: ObjectKey, body: object): Promise<T> => {
      fail();
      const event = told.get(key.name);
      if (event === undefined) throw new ApiError('gone', { status: 404 });
      Object.assign(event, body);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the recorder ignores the answer
      return { metadata: { name: key.name } } as T;
    },
  };
  function fail(): void {
    const error = failures.shift();
    if (error !== undefined) throw error;
  }
  return { client, told, failures, all: () => [...told.values()] };
}

const event: EventInput = {
  regarding: {
    apiVersion: 'siskin.dev/v1beta1',
    kind: 'Canary',
    namespace: 'shop',
    name: 'podinfo',
    uid: 'uid-1',
  },
  type: 'Warning',
  reason: 'RolledBack',
  action: 'Rollback',
  note: 'success rate 91 % is below 99 %',
  runId: 'run-1',
};

function recorder(client: Pick<KubeClient, 'create' | 'patch'>, clock = new ManualClock()) {
  return {
    clock,
    events: createEventRecorder({ client, clock, log: silentLog, instance: 'pod-0' }),
  };
}

describe('the event recorder', () => {
  it('tells an event once, although another replica tells it too', async () => {
    const { client, all } = apiServer();
    for (const { events } of [recorder(client), recorder(client)]) {
      events.record(event);
      await events.flush();
    }
    expect(all()).toHaveLength(1);
    expect(all()[0]).toMatchObject({ namespace: 'shop', note: event.note });
    expect(all()[0]).not.toHaveProperty('series');
  });

  it('makes a repeat of the same process a series, and another note or run another event', async () => {
    const { client, all } = apiServer();
    const { events } = recorder(client);
    for (const next of [event, event, event, { ...event, runId: 'run-2' }, { ...event, note: 'other' }]) {
      events.record(next);
    }
    await events.flush();
    expect(all()).toHaveLength(3);
    expect(all()[0]).toMatchObject({ series: { count: 3 } });
  });

  it('limits each object, not the others, and lets it speak again later', async () => {
    const { client, all } = apiServer();
    const { events, clock } = recorder(client);
    for (let n = 0; n < 200; n++) events.record({ ...event, note: `n${n}` });
    events.record({ ...event, regarding: { ...event.regarding, uid: 'uid-2' } });
    await events.flush();
    expect(all()).toHaveLength(51);
    await clock.advance(300_000);
    events.record({ ...event, note: 'later' });
    await events.flush();
    expect(all()).toHaveLength(52);
  });

  it('tries again after an outage, and gives up on a refusal without throwing', async () => {
    const { client, all, failures } = apiServer();
    const { events, clock } = recorder(client);
    failures.push(new TransientError('down'), new ApiError('busy', { status: 429 }));
    events.record(event);
    await clock.advance(60_000);
    expect(all()).toHaveLength(1);
    failures.push(new ApiError('terminating', { status: 403 }));
    events.record({ ...event, note: 'refused' });
    events.record({ ...event, note: 'next' });
    await events.flush();
    expect(all().map(({ note }) => note)).toEqual([event.note, 'next']);
  });

  it('keeps to what the API server takes: names, and a note of 1 kB', async () => {
    const { client, all } = apiServer();
    const { events } = recorder(client);
    const { namespace: _, ...wide } = event.regarding;
    const name = `${'X'.repeat(195)}..-_${'y'.repeat(90)}`;
    events.record({ ...event, note: '€'.repeat(1_000), regarding: { ...wide, name } });
    await events.flush();
    const [told] = all();
    expect(told?.namespace).toBe('default');
    expect(told?.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    expect(told?.name.length).toBeLessThanOrEqual(253);
    expect(Buffer.byteLength(String(told?.note))).toBeLessThanOrEqual(1_024);
    expect(told?.note).not.toContain('\uFFFD');
  });
});

describe('token buckets', () => {
  it('refill with time, up to the burst, and forget the longest unused key', () => {
    let now = 0;
    const allowed = createTokenBuckets({ burst: 2, refillMs: 100, mostKeys: 2, now: () => now });
    expect([allowed('a'), allowed('a'), allowed('a')]).toEqual([true, true, false]);
    now = 100;
    expect([allowed('a'), allowed('a')]).toEqual([true, false]);
    now = 10_000;
    expect([allowed('a'), allowed('a'), allowed('a')]).toEqual([true, true, false]);
    allowed('b');
    allowed('c');
    expect(allowed('a')).toBe(true);
  });
});
