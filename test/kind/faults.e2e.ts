/** What breaks while a release goes on: the leader's process, Prometheus, Slack and Git. The outcome is that of a quiet day. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { condition } from './e2e/follow.ts';
import { mend, scalePrometheus } from './e2e/mend.ts';
import { killLeader, operatorWhole } from './e2e/operator.ts';
import { type RepairedApp, startRepairedApp } from './e2e/repair.ts';
import { unexplainedFailures } from './e2e/shares.ts';
import { linesOf, threadsOf } from './e2e/slack-text.ts';
import { failGit, failSlack, kubectl, slackMessages, waitFor } from './fixture.ts';

let app: RepairedApp;
let version = 0;
let bad = '';

beforeAll(async () => {
  await operatorWhole();
  app = await startRepairedApp({ namespace: 'faults' });
});

afterEach(async () => {
  await mend();
  await operatorWhole();
});

afterAll(async () => {
  await app.remove();
});

/** Releases of one application after another, so that each test starts where the one before ended. */
function next(): string {
  version += 1;
  return `1.${version}.0`;
}

/** One line for each ReplicaSet of the primary. */
const environments =
  'jsonpath={range .items[?(@.metadata.labels.app=="web-primary")]}{.spec.template.spec.containers[0].env}{"\\n"}{end}';

describe('the leader is killed', () => {
  it('during a step: another one goes on with the run and promotes it', async () => {
    const release = next();
    const run = app.canary.runOf(() => app.commit({ version: release }), 150_000);
    await app.canary.until('the first weight', status => status.canaryWeight === 30);
    const { run: before } = app.canary.status();
    await killLeader();
    const end = await run;
    expect(end).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expect(end.run?.id).toBe(before?.id);
    await app.allFrom(release);
    expect(unexplainedFailures(await app.seconds(), bad)).toEqual({});
  });

  it('during the promotion: the primary is rolled out once and gets all requests', async () => {
    const release = next();
    const run = app.canary.runOf(() => app.commit({ version: release }), 150_000);
    await app.canary.phase('Promoting', 90_000);
    await killLeader();
    expect(await run).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    await app.allFrom(release);
    expect(unexplainedFailures(await app.seconds(), bad)).toEqual({});
    const sets = await kubectl(['-n', app.namespace, 'get', 'replicasets', '-o', environments]);
    expect(sets.split('\n').filter(line => line.includes(`"${release}"`))).toHaveLength(1);
  });

  it('between traffic and Git, which hang together with Slack: the traffic is back already, and one revert follows', async () => {
    const good = `1.${version}.0`;
    bad = next();
    const lastMessage = (await slackMessages()).at(-1)?.number ?? 0;
    const before = app.canary.status().run?.id;
    const run = app.canary.runOf(() => app.commit({ version: bad, errorRate: 0.5 }), 90_000);
    await app.canary.until(
      'the position in Git',
      ({ run: now }) => now?.id !== before && now?.git?.state === 'Recorded',
    );
    await failGit({ mode: 'hang' });
    await failSlack({ mode: 'hang' });
    expect(await run).toMatchObject({ phase: 'Failed', rollback: { state: 'Pending' } });
    await app.allFrom(good);
    expect(app.canary.status().rollback?.state).toBe('Pending');
    await killLeader();
    await failGit({ mode: 'none' });
    await failSlack({ mode: 'none' });
    const { rollback } = await app.canary.until(
      'the revert',
      status => status.rollback?.state === 'Done',
      120_000,
    );
    expect(rollback?.verdict).toBe('Reverted');
    expect(await app.subjectsAfter(rollback?.failedCommit ?? '')).toEqual([`Revert "web ${bad}"`]);
    expect(unexplainedFailures(await app.seconds(), bad)).toEqual({});
    const told = await waitFor('the message about the revert', async () => {
      // The promotion before may be told only now: news is gathered for a second.
      const about = threadsOf(await slackMessages()).filter(
        ({ newest, first }) => newest.channel === app.namespace && first.number > lastMessage,
      );
      const done = about.some(({ newest }) => linesOf(newest).some(line => line.startsWith('Git revert')));
      return done ? about : undefined;
    });
    expect(told.map(({ newest }) => linesOf(newest))).toEqual([expect.anything()]);
    await app.deploy();
    await app.canary.until('Ready', status => condition(status, 'Ready') === 'True');
  });
});

describe('Prometheus is gone for thirty seconds', () => {
  it('the run holds, and goes on to its promotion', async () => {
    const release = next();
    const run = app.canary.runOf(() => app.commit({ version: release }), 180_000);
    await app.canary.until('the first weight', status => status.canaryWeight === 30);
    await scalePrometheus(0);
    const held = await app.canary.until('a run that holds', status => status.run?.undecidedKind === 'error');
    expect(held).toMatchObject({ phase: 'Progressing', failedChecks: 0, reason: 'MetricsUnavailable' });
    await sleep(30_000);
    const still = app.canary.status();
    expect(still).toMatchObject({ phase: 'Progressing', canaryWeight: held.canaryWeight, failedChecks: 0 });
    await scalePrometheus(1);
    expect(await run).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    await app.allFrom(release);
    expect(unexplainedFailures(await app.seconds(), bad)).toEqual({});
  });
});
