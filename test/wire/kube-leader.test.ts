import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { type ConnectedKubeClient, createKubeClient } from '../../src/runtime/kube.ts';
import { LeaderElection } from '../../src/runtime/leader.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import type { FakeRequest } from './fake-request.ts';

// A Lease counts whole seconds, so that one second is the shortest there is.
const timings = { leaseDurationMs: 1_000, renewDeadlineMs: 600, retryPeriodMs: 50 };

interface Replica {
  readonly election: LeaderElection;
  readonly client: ConnectedKubeClient;
}

let server: FakeApiServer;
let replicas: Replica[];
let log: string[];
let overlaps: number;

beforeEach(async () => {
  server = await startFakeApiServer();
  replicas = [];
  log = [];
  overlaps = 0;
});

afterEach(async () => {
  await Promise.all(replicas.map(({ election }) => election.stop()));
  await Promise.all(replicas.map(({ client }) => client.close()));
  await server[Symbol.asyncDispose]();
  expect(overlaps).toBe(0);
});

function replica(name: string, own = timings): Replica {
  const client = createKubeClient({ kubeConfig: server.kubeConfig(), version: name, timeoutMs: 300 });
  const election = new LeaderElection({
    client,
    namespace: 'siskin-system',
    name: 'siskin',
    identity: name,
    timings: own,
    clock: systemClock,
    log: silentLog,
    onStarted: () => {
      log.push(`${name} started`);
      if (replicas.filter(({ election }) => election.isLeader()).length > 1) overlaps += 1;
    },
    onStopped: () => log.push(`${name} stopped`),
  });
  const made = { election, client };
  replicas.push(made);
  election.start();
  return made;
}

async function leads(one: Replica): Promise<void> {
  await vi.waitFor(() => expect(one.election.isLeader()).toBe(true), { timeout: 20_000, interval: 10 });
}

function from(name: string): (request: FakeRequest) => boolean {
  return request => request.headers['user-agent'] === `siskin/${name}`;
}

describe('FL-12: leadership over real sockets', () => {
  it('is handed over at once by a clean stop: the lease is given back, not left to expire', async () => {
    const a = replica('a');
    await leads(a);
    const b = replica('b');
    await a.election.stop();
    const lease = server.store.list('coordination.k8s.io/v1/leases')[0];
    expect(lease?.['spec']).not.toMatchObject({ holderIdentity: 'a' });
    await leads(b);
    expect(log).toEqual(['a started', 'a stopped', 'b started']);
  });

  it('passes on after a crash, without the crashed one', async () => {
    const a = replica('a');
    await leads(a);
    const b = replica('b');
    await a.client.close();
    await leads(b);
    expect(log).toEqual(['a started', 'a stopped', 'b started']);
  });

  it('steps down in a partition before the other starts', async () => {
    const a = replica('a');
    await leads(a);
    const b = replica('b');
    server.inject({ kind: 'black-hole' }, from('a'), 1_000);
    await leads(b);
    expect(log).toEqual(['a started', 'a stopped', 'b started']);
    server.heal();
    expect(a.election.isLeader()).toBe(false);
  });

  it('survives single errors, conflicts and lost answers without changing hands', async () => {
    const patient = { leaseDurationMs: 20_000, renewDeadlineMs: 15_000, retryPeriodMs: 50 };
    const a = replica('a', patient);
    await leads(a);
    replica('b', patient);
    server.inject({ kind: 'status', status: 500 }, from('a'), 2);
    server.inject({ kind: 'reset' }, from('a'), 2);
    server.inject({ kind: 'apply-then-cut' }, request => from('a')(request) && request.method === 'PATCH', 2);
    server.inject(
      { kind: 'status', status: 409 },
      request => from('a')(request) && request.method === 'PATCH',
    );
    const renewals = () =>
      server.requests.filter(request => from('a')(request) && request.method === 'PATCH').length;
    await vi.waitFor(() => expect(renewals()).toBeGreaterThan(8), { timeout: 20_000 });
    expect(log).toEqual(['a started']);
  });

  it('falls to exactly one of many that start together', async () => {
    const many = Array.from({ length: 5 }, (_, n) => replica(`r${n}`));
    await vi.waitFor(() => expect(log).toHaveLength(1), { timeout: 20_000 });
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(40), { timeout: 20_000 });
    expect(many.filter(({ election }) => election.isLeader())).toHaveLength(1);
    expect(log).toHaveLength(1);
  });
});
