import { describe, expect, test } from 'vitest';
import { exampleState, now, running } from '../../test/model/examples.ts';
import type { CanaryStatus, OutboxEntry } from '../api/canary-status.ts';
import { statusLimits } from '../api/status-limits.ts';
import type { Event } from './machine.ts';
import { trimOutbox } from './owed.ts';
import { type Facts, type Recorded, record } from './record.ts';
import { type State, step } from './state.ts';

const at = new Date(now).toISOString();
const git = { mode: 'Commit', repository: 'manifests', path: 'apps', convergeWithinMs: 900_000, delayMs: 0 };
const failed: Event = { type: 'failed', now };
const last = running({ failures: 1 });

function recorded(
  previous: CanaryStatus,
  before: State,
  event: Event | undefined,
  more: Partial<Facts> = {},
): Recorded {
  const after = event === undefined ? before : step(before, event);
  return record(previous, before, after, {
    now,
    generation: 7,
    canaryUid: 'c0ffee00-1111',
    targetKind: 'Deployment',
    decision: { reason: 'Test', message: 'Because.', ...(event === undefined ? {} : { event }) },
    converged: false,
    images: { primary: { app: 'app:1' }, target: { app: 'app:2' } },
    alerts: [],
    ...more,
  });
}

function place(commit: string) {
  return { head: `${commit}-head`, commit, tree: `${commit}-tree` };
}

function entry(revision: string) {
  return { revision, at, reason: 'It failed.' };
}

function alert(n: number): OutboxEntry {
  return { id: `alert/${n}`, kind: 'alert', createdAt: at, attempts: 0 };
}

function work(n: number): OutboxEntry {
  return { id: `revert/${n}`, kind: 'revert', createdAt: at, attempts: 0 };
}

/** A run of `v1-new` against `v1-old`, both known in Git. */
const inRun: CanaryStatus = {
  phase: 'Progressing',
  lastTransitionTime: '2026-01-01T00:00:00.000Z',
  promoted: {
    revision: 'v1-old',
    at: '2026-01-01T00:00:00.000Z',
    git: { repository: 'manifests', ...place('good') },
  },
  run: {
    id: 'new-1',
    revision: 'v1-new',
    startedAt: '2026-01-01T01:00:00.000Z',
    images: { from: { app: 'app:1' }, to: { app: 'app:2' } },
    git: { state: 'Recorded', ...place('bad') },
    steps: [{ at, text: 'Found.' }],
  },
};

describe('the story of a run', () => {
  test('begins with what is run against what', () => {
    const event: Event = { type: 'started', now, revision: 'v1-new' };
    const { status } = recorded({ ...inRun, phase: 'Succeeded' }, exampleState('Succeeded'), event, {
      git,
      retry: 'v1-new/2',
    });
    expect(status.run).toMatchObject({
      id: `new-${now.toString(36)}`,
      revision: 'v1-new',
      fromRevision: 'v1-old',
      startedAt: at,
      images: { from: { app: 'app:1' }, to: { app: 'app:2' } },
      git: { state: 'Pending' },
      retry: 'v1-new/2',
      steps: [{ at, text: 'Because.' }],
    });
    expect(status.outbox).toMatchObject([{ kind: 'position', runId: status.run?.id, attempts: 0 }]);
  });

  test('goes on with a step and its weight', () => {
    const { status } = recorded(inRun, running(), { type: 'passed', now });
    expect(status.run?.steps?.at(-1)).toEqual({
      at,
      text: 'Revision v1-new gets 20 % of the requests.',
      weight: 20,
    });
    expect(status.lastTransitionTime).toBe(inRun.lastTransitionTime);
  });

  test('keeps the sample that decided', () => {
    const verdict = { check: 'errors', outcome: 'fail', value: '7', limit: 'at most 5' } as const;
    const { status } = recorded(inRun, last, failed, { verdict });
    expect(status.run?.verdict).toEqual({
      at,
      check: 'errors',
      kind: 'Fail',
      value: '7',
      limit: 'at most 5',
    });
  });

  test('keeps room for its end however long it is', () => {
    const steps = Array.from({ length: statusLimits.steps - 1 }, () => ({ at, text: 'Step.' }));
    const long = { ...inRun, run: { ...inRun.run, id: 'new-1', revision: 'v1-new', startedAt: at, steps } };
    expect(recorded(long, running(), { type: 'passed', now }).status.run?.steps).toEqual(steps);
    const ended = recorded(long, last, failed).status.run?.steps;
    expect(ended).toHaveLength(statusLimits.steps);
    expect(ended?.at(-1)?.text).toBe('Because. All requests go to the primary again.');
  });

  test('says nothing where nothing happened', () => {
    const { status, announcement } = recorded(inRun, running(), undefined);
    expect([status.run?.steps, announcement]).toEqual([inRun.run?.steps, undefined]);
  });
});

describe('promoted', () => {
  test('is what ran, with the place and images of its run', () => {
    const { status } = recorded(inRun, exampleState('Finalising'), { type: 'elapsed', now }, { git });
    expect(status.promoted).toMatchObject({
      revision: 'v1-new',
      at,
      images: { app: 'app:2' },
      git: { repository: 'manifests', path: 'apps', ...place('bad') },
    });
    expect(status.lastPromotedSpec).toBe('v1-new');
  });

  test('at first is what the primary holds', () => {
    const event: Event = { type: 'initialized', now, revision: 'v1-first' };
    const { status } = recorded({}, exampleState('Initializing'), event, { git });
    expect(status.promoted).toMatchObject({ revision: 'v1-first', images: { app: 'app:1' } });
    expect(status.outbox).toMatchObject([{ id: 'position/init', kind: 'position' }]);
  });

  test('stays where a run fails', () => {
    expect(recorded(inRun, last, failed).status.promoted).toEqual(inRun.promoted);
  });
});

describe('a rollback', () => {
  test('owes one revert, of the change between the two places', () => {
    const { status } = recorded(inRun, last, failed, { git });
    const id = 'c0ffee00-new-1';
    expect(status.rollback).toMatchObject({
      id,
      runId: 'new-1',
      state: 'Pending',
      failed: place('bad'),
      good: place('good'),
    });
    expect(status.outbox).toMatchObject([{ id: `revert/${id}`, kind: 'revert', runId: 'new-1' }]);
  });

  test('waits as long as the Canary says, and tells until when', () => {
    const { status } = recorded(inRun, last, failed, { git: { ...git, delayMs: 90_000 } });
    const nextAttemptAt = new Date(now + 90_000).toISOString();
    expect(status.rollback).toMatchObject({ state: 'Pending', nextAttemptAt, toRevision: 'v1-old' });
    expect(status.outbox).toMatchObject([{ kind: 'revert', nextAttemptAt }]);
  });

  test.each<[string, Partial<Facts>, string]>([
    ['Off without Git', {}, 'Off'],
    ['Off where the Canary says so', { git: { ...git, mode: 'Off' } }, 'Off'],
    [
      'Held where nothing was proved',
      { git, decision: { event: { type: 'gaveUp', now }, reason: 'X', message: 'X.', inconclusive: true } },
      'Held',
    ],
  ])('%s owes nothing', (_, more, state) => {
    const { status } = recorded(inRun, last, { type: 'gaveUp', now }, more);
    expect([status.rollback?.state, status.outbox]).toEqual([state, []]);
  });
});

describe('quarantine', () => {
  test('takes in what failed, once, and lets the oldest go', () => {
    const full = Array.from({ length: statusLimits.quarantine }, (_, n) => entry(`v1-${n}`));
    const { status } = recorded({ ...inRun, quarantine: full }, last, failed);
    expect(status.quarantine?.map(({ revision }) => revision)).toEqual([
      ...full.slice(1).map(({ revision }) => revision),
      'v1-new',
    ]);
    expect(recorded(status, last, failed).status.quarantine).toHaveLength(statusLimits.quarantine);
  });

  test('does not take in what was not proved to be bad', () => {
    const event: Event = { type: 'gaveUp', now };
    const decision = { event, reason: 'X', message: 'X.', inconclusive: true };
    expect(recorded(inRun, last, event, { decision }).status.quarantine).toBeUndefined();
  });

  test('ends with a retry of that revision', () => {
    const event: Event = { type: 'started', now, revision: 'v1-new' };
    const previous = { ...inRun, quarantine: [entry('v1-x'), entry('v1-new')] };
    const { status } = recorded(previous, exampleState('Failed'), event);
    expect(status.quarantine).toEqual([entry('v1-x')]);
  });
});

describe('the outbox', () => {
  test('owes the same thing once, though a pass is repeated', () => {
    const once = recorded(inRun, last, failed, {
      git,
      alerts: [{ provider: 'shop/slack', severity: 'info' }],
    }).status;
    const twice = recorded({ ...inRun, outbox: once.outbox ?? [] }, last, failed, {
      git,
      alerts: [{ provider: 'shop/slack', severity: 'info' }],
    }).status;
    expect(once.outbox?.map(({ kind }) => kind)).toEqual(['revert', 'alert']);
    expect(twice.outbox).toEqual(once.outbox);
  });

  test('drops the oldest alerts for want of room, and Git work never', () => {
    const alerts = Array.from({ length: statusLimits.outbox }, (_, n) => alert(n));
    expect(trimOutbox([work(1), ...alerts, work(2)])).toEqual([work(1), ...alerts.slice(2), work(2)]);
    const works = Array.from({ length: statusLimits.outbox + 3 }, (_, n) => work(n));
    expect(trimOutbox([alert(1), ...works])).toEqual(works);
    expect(trimOutbox(alerts)).toEqual(alerts);
  });
});

describe('trouble', () => {
  const problem = { reason: 'RouteConflict', message: 'Somebody else owns the route.' };
  test.each<[string, Facts['decision'], string]>([
    ['that needs a person', { ...problem, stalled: true }, 'Stalled'],
    [
      'with a revision that failed before',
      { reason: 'Quarantined', message: 'It failed before.' },
      'Quarantined',
    ],
  ])('%s is told once, when it begins', (_, decision, milestone) => {
    const first = recorded(inRun, running(), undefined, { decision });
    expect(first.announcement).toMatchObject({
      milestone,
      reason: decision.reason,
      message: decision.message,
    });
    expect(recorded(first.status, running(), undefined, { decision }).announcement).toBeUndefined();
  });
});

test('a pass without news changes nothing but what it observed', () => {
  const target = { uid: 'u', generation: 3, revision: 'v1-new' };
  const first = recorded(inRun, running(), undefined, { target }).status;
  expect(first).toMatchObject({ observedGeneration: 7, target });
  expect(recorded(first, running(), undefined, { target, now: now + 60_000 }).status).toEqual(first);
});
