import { describe, expect, it } from 'vitest';
import { ApiError, TransientError } from './errors.ts';
import { fenced } from './fence.ts';
import { LeaderElection } from './leader.ts';
import { silentLog } from './log.ts';
import { ManualClock } from './manual-clock.ts';
import type { Clock, KubeClient, KubeObject, Resource } from './port.ts';

/** One Lease behind a network that delays, loses requests and loses answers. */
class LeaseServer {
  lease: KubeObject | undefined;
  version = 1;
  writes = 0;
  readonly cut = new Set<string>();
  private readonly clock: ManualClock;
  private readonly chance: (likelihood: number) => boolean;
  private readonly delayMs: () => number;

  constructor(clock: ManualClock, chance: (likelihood: number) => boolean, delayMs: () => number) {
    this.clock = clock;
    this.chance = chance;
    this.delayMs = delayMs;
  }

  client(who: string): KubeClient {
    const call = async <T>(act: () => T): Promise<T> => {
      await this.travel(who);
      const answer = act();
      await this.travel(who);
      return answer;
    };
    return {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stand-in for the one kind it knows
      get: <T>() => call(() => structuredClone(this.lease) as T | undefined),
      list: () => Promise.reject(new Error('unused')),
      apply: () => Promise.reject(new Error('unused')),
      delete: () => Promise.reject(new Error('unused')),
      create: (_resource: Resource, object) =>
        call(() => {
          if (this.lease !== undefined) throw refusal('AlreadyExists');
          this.write(object.spec);
          return object;
        }),
      patch: <T>(_resource: Resource, _key: unknown, body: Record<string, unknown>) =>
        call(() => {
          const asked: unknown = Object(body['metadata']);
          const expected = { resourceVersion: this.lease?.metadata.resourceVersion };
          if (JSON.stringify(asked) !== JSON.stringify(expected)) throw refusal('Conflict');
          this.write({ ...Object(this.lease?.spec), ...Object(body['spec']) });
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
          return structuredClone(this.lease) as T;
        }),
    };
  }

  private write(spec: unknown): void {
    this.writes += 1;
    this.version += 1;
    this.lease = { metadata: { name: 'siskin', resourceVersion: String(this.version) }, spec };
  }

  private async travel(who: string): Promise<void> {
    await new Promise<void>(resolve => void this.clock.after(this.delayMs(), resolve));
    if (this.cut.has(who) || this.chance(0.1)) throw new TransientError('lost');
  }
}

function refusal(reason: string): ApiError {
  return new ApiError(reason, { status: 409, reason });
}

/** Timers that do not fire while the process is stopped, and a wall clock of its own. */
class ProcessClock implements Clock {
  frozen = false;
  skewMs = 0;
  private readonly base: ManualClock;
  private held: (() => void)[] = [];

  constructor(base: ManualClock) {
    this.base = base;
  }

  now(): number {
    return this.base.now() + this.skewMs;
  }

  after(ms: number, call: () => void): () => void {
    let live = true;
    const fire = () => {
      if (!live) return;
      if (this.frozen) this.held.push(fire);
      else call();
    };
    const cancel = this.base.after(ms, fire);
    return () => {
      live = false;
      cancel();
    };
  }

  thaw(): void {
    this.frozen = false;
    const due = this.held;
    this.held = [];
    for (const fire of due) fire();
  }
}

function world(options: { chance?: (likelihood: number) => boolean; delayMs?: () => number } = {}) {
  const clock = new ManualClock();
  const server = new LeaseServer(clock, options.chance ?? (() => false), options.delayMs ?? (() => 0));
  const log: string[] = [];
  function replica(name: string) {
    const process = new ProcessClock(clock);
    const election = new LeaderElection({
      client: server.client(name),
      namespace: 'siskin-system',
      name: 'siskin',
      identity: name,
      clock: process,
      log: silentLog,
      monotonicNow: () => clock.now(),
      random: () => 0,
      onStarted: () => log.push(`${name} started`),
      onStopped: reason => log.push(`${name} stopped: ${reason}`),
    });
    election.start();
    return { name, election, process };
  }
  return { clock, server, log, replica };
}

describe('FL-12: leadership', () => {
  it('is won by one, kept by renewal, and told to nobody else', async () => {
    const { clock, replica, log, server } = world();
    const a = replica('a');
    await clock.advance(100);
    const b = replica('b');
    await clock.advance(600_000);
    expect(log).toEqual(['a started']);
    expect([a.election.isLeader(), b.election.isLeader()]).toEqual([true, false]);
    expect(server.lease?.spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
  });

  it('goes to a successor 15 s after a crash, and at once after a clean stop', async () => {
    const { clock, replica, log, server } = world();
    const a = replica('a');
    await clock.advance(100);
    const b = replica('b');
    await clock.advance(10_000);
    a.process.frozen = true;
    await clock.advance(14_000);
    expect(b.election.isLeader()).toBe(false);
    await clock.advance(5_000);
    expect(b.election.isLeader()).toBe(true);
    expect(server.lease?.spec).toMatchObject({ leaseTransitions: 1 });
    replica('c');
    await clock.advance(1_000);
    const stopped = b.election.stop();
    await clock.advance(0);
    await stopped;
    expect(server.lease?.spec).toMatchObject({ holderIdentity: null });
    await clock.advance(2_000);
    expect(log).toEqual(['a started', 'b started', 'b stopped: stopped', 'c started']);
  });

  it('ends before another may begin, when the leader cannot reach the API server', async () => {
    const { clock, replica, log, server } = world();
    const a = replica('a');
    await clock.advance(100);
    const b = replica('b');
    await clock.advance(10_000);
    server.cut.add('a');
    await clock.advance(10_000);
    expect(log).toEqual(['a started', 'a stopped: the lease was not renewed in time']);
    expect(b.election.isLeader()).toBe(false);
    await clock.advance(10_000);
    expect(b.election.isLeader()).toBe(true);
    server.cut.clear();
    await clock.advance(60_000);
    expect(a.election.isLeader()).toBe(false);
  });

  it('is not claimed by a process that was frozen for longer than its deadline, before any timer fires', async () => {
    const { clock, replica, log } = world();
    const a = replica('a');
    await clock.advance(100);
    const b = replica('b');
    await clock.advance(5_000);
    a.process.frozen = true;
    await clock.advance(30_000);
    expect(b.election.isLeader()).toBe(true);
    expect(a.election.isLeader()).toBe(false);
    a.process.thaw();
    await clock.advance(30_000);
    expect(log).toEqual(['a started', 'b started', 'a stopped: the lease was not renewed in time']);
  });

  it('does not depend on the wall clock', async () => {
    const { clock, replica, log } = world();
    const a = replica('a');
    await clock.advance(100);
    const b = replica('b');
    for (const skewMs of [3_600_000, -3_600_000, 0]) {
      a.process.skewMs = skewMs;
      b.process.skewMs = -skewMs;
      await clock.advance(60_000);
    }
    expect(log).toEqual(['a started']);
  });

  it('is given up when somebody else holds or deletes the lease', async () => {
    const { clock, replica, log, server } = world();
    const a = replica('a');
    await clock.advance(3_000);
    server.lease = {
      metadata: { name: 'siskin', resourceVersion: '999' },
      spec: { holderIdentity: 'admin' },
    };
    await clock.advance(2_000);
    expect(log).toEqual(['a started', 'a stopped: the lease is held by admin']);
    await clock.advance(20_000);
    expect(a.election.isLeader()).toBe(true);
    server.lease = undefined;
    await clock.advance(2_000);
    expect(log.slice(2)).toEqual(['a started', 'a stopped: the lease was deleted', 'a started']);
  });

  it('never overlaps and always comes back, whatever network, freezes and clocks do', async () => {
    for (let round = 0; round < 15; round++) {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = sequence(seed);
      const faulty = { on: true };
      const { clock, replica, server } = world({
        chance: likelihood => faulty.on && random() < likelihood,
        delayMs: () => (faulty.on && random() < 0.2 ? random() * 12_000 : random() * 100),
      });
      const replicas = ['a', 'b', 'c'].map(replica);
      const leaders = () => replicas.filter(({ election }) => election.isLeader()).map(({ name }) => name);
      for (let step = 0; step < 400; step++) {
        const one = replicas[Math.floor(random() * replicas.length)];
        const dice = random();
        if (one !== undefined && dice < 0.04) server.cut.add(one.name);
        else if (dice < 0.1) server.cut.clear();
        else if (one !== undefined && dice < 0.14) one.process.frozen = true;
        else if (dice < 0.2) for (const { process } of replicas) process.thaw();
        else if (one !== undefined && dice < 0.25) one.process.skewMs = (random() - 0.5) * 7_200_000;
        await clock.advance(random() * 2_000);
        expect({ seed, step, leaders: leaders().length > 1 ? leaders() : [] }).toEqual({
          seed,
          step,
          leaders: [],
        });
      }
      faulty.on = false;
      server.cut.clear();
      for (const { process } of replicas) process.thaw();
      await clock.advance(60_000);
      expect({ seed, leaders: leaders().length }).toEqual({ seed, leaders: 1 });
    }
  });
});

describe('the fence', () => {
  it('lets reads through and keeps writes of a deposed leader from being sent', async () => {
    const { clock, server } = world();
    let leading = true;
    const client = fenced(server.client('a'), () => leading);
    const resource: Resource = { group: '', version: 'v1', kind: 'X', plural: 'xs', namespaced: true };
    const object = { metadata: { name: 'x' }, spec: {} };
    const created = client.create<KubeObject>(resource, object);
    await clock.advance(0);
    await created;
    leading = false;
    const key = { name: 'x' };
    const writes = [
      client.create(resource, object),
      client.apply(resource, object),
      client.patch(resource, key, {}),
      client.delete(resource, key),
    ];
    for (const write of writes) await expect(write).rejects.toThrow('not leading');
    expect(server.writes).toBe(1);
    const read = client.get(resource, key);
    await clock.advance(0);
    expect(await read).toBeDefined();
  });
});

function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}
