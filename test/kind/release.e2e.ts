/** The main job on real parts: the example's good release is promoted, its bad one is taken back in cluster, Git and Slack. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appPath, type Checkout, prepareCheckout, removeCheckout, shop } from './e2e/checkout.ts';
import { condition, type Followed, follow } from './e2e/follow.ts';
import { shareIn, stretchesOf, unexplainedFailures } from './e2e/shares.ts';
import { linesOf, type SlackThread, threadsOf } from './e2e/slack-text.ts';
import { type Watching, watchObjects } from './e2e/watch.ts';
import {
  getObject,
  git,
  loadStats,
  slackMessages,
  startLoad,
  stopLoad,
  summarize,
  waitFor,
} from './fixture.ts';

type Route = {
  metadata: { name: string; resourceVersion: string };
  spec: { rules: { backendRefs: { name: string; weight?: number }[] }[] };
};
type Deployment = { spec: { template: { spec: { containers: { image: string }[] } } } };

const stream = 'release';
const rate = 60;
const image = 'registry.example.com/shop/checkout';
let checkout: Checkout;
let canary: Followed;
let firstMessage = 0;
let routes: Watching<Route>;

beforeAll(async () => {
  checkout = await prepareCheckout();
  firstMessage = (await slackMessages()).at(-1)?.number ?? 0;
  await checkout.release('1.0.0');
  await checkout.deploy();
  canary = await follow(shop.namespace, shop.canary);
  await canary.phase('Initialized', 90_000);
  routes = await watchObjects<Route>(
    `/apis/gateway.networking.k8s.io/v1/namespaces/${shop.namespace}/httproutes`,
    {},
  );
  await startLoad({ stream, host: shop.host, rate });
  await waitFor('answers', async () => ((await answers()).share('1.0.0') > 0 ? true : undefined));
  await startLoad({ stream, host: shop.host, rate });
});

afterAll(async () => {
  canary.stop();
  routes.stop();
  await stopLoad(stream).catch(() => {});
  await removeCheckout();
  rmSync(checkout.repository.folder, { recursive: true, force: true });
});

async function answers(since = 0): Promise<ReturnType<typeof summarize>> {
  return summarize(await loadStats({ stream, since }));
}

/** Nothing but this version answers any more. */
async function allFrom(version: string): Promise<void> {
  await waitFor(`all answers to come from ${version}`, async () => {
    const summary = await answers(Math.floor(Date.now() / 1_000) - 2);
    return summary.answered >= rate && summary.share(version) === 1 ? true : undefined;
  });
}

async function sharesOf(version: string): Promise<{ weight: number; isWithin: boolean }[]> {
  const { seconds } = await loadStats({ stream });
  return stretchesOf(canary.history, canary.status().run?.id).flatMap(stretch => {
    const share = shareIn(seconds, stretch, version);
    if (share === undefined) return [];
    const isWithin = Math.abs(share.measured - share.weight / 100) <= share.tolerance;
    return [{ weight: share.weight, isWithin }];
  });
}

async function primaryImage(): Promise<string | undefined> {
  const primary = await getObject<Deployment>('deployment', `${shop.canary}-primary`, shop.namespace);
  return primary?.spec.template.spec.containers[0]?.image;
}

async function revisionParse(name: string): Promise<string> {
  return (await git(['rev-parse', name], checkout.repository.folder)).trim();
}

describe('a good release', () => {
  it('gets its weights step by step, is promoted and costs no request', async () => {
    await checkout.release('1.1.0');
    const end = await canary.runOf(() => checkout.deploy());
    expect(end).toMatchObject({ phase: 'Succeeded', canaryWeight: 0, failedChecks: 0 });
    expect(condition(end, 'Promoted')).toBe('True');
    expect(await primaryImage()).toBe(`${image}:1.1.0`);
    await allFrom('1.1.0');
    const shares = await sharesOf('1.1.0');
    expect(shares.filter(({ isWithin }) => !isWithin)).toEqual([]);
    expect(shares.map(({ weight }) => weight)).toEqual(expect.arrayContaining([20, 40, 60]));
    expect(unexplainedFailures((await loadStats({ stream })).seconds)).toEqual({});
  });
});

describe('a bad release', () => {
  let bad = '';
  let thread: SlackThread;

  it('loses its traffic at the check that decides, and fails no request but those its own pods answered', async () => {
    bad = await checkout.release('1.2.0');
    const end = await canary.runOf(() => checkout.deploy());
    expect(end).toMatchObject({ phase: 'Failed', reason: 'ChecksFailed', canaryWeight: 0, failedChecks: 2 });
    await allFrom('1.1.0');
    expect(await primaryImage()).toBe(`${image}:1.1.0`);
    expect((await sharesOf('1.2.0')).filter(({ isWithin }) => !isWithin)).toEqual([]);
    const { seconds } = await loadStats({ stream });
    expect(unexplainedFailures(seconds, '1.2.0')).toEqual({});
    expect(Object.keys(summarize({ seconds }).versions).sort()).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  });

  it('is reverted in Git by one commit that says why', async () => {
    const { rollback } = await canary.until('the revert', status => status.rollback?.state === 'Done');
    expect(rollback).toMatchObject({ verdict: 'Reverted', failedCommit: bad });
    const { repository } = checkout;
    await repository.pull();
    const [revert, ...more] = await repository.log(`${bad}..HEAD`);
    expect(more).toEqual([]);
    expect(revert).toMatchObject({
      commit: rollback?.commit,
      subject: 'Revert "checkout 1.2.0"',
      author: 'siskin <siskin@example.com>',
    });
    expect(revert?.body).toContain(canary.status().rollback?.reason);
    const trailers = await git(['log', '-1', '--format=%(trailers:only,unfold)', 'HEAD'], repository.folder);
    expect(trailers.trim().split('\n')).toEqual([
      `Rollback-Id: ${rollback?.id}`,
      `Rollback-Of: ${bad}`,
      'Siskin-Canary: shop/checkout',
      `Siskin-Revision: ${rollback?.revision}`,
      'Signed-off-by: siskin <siskin@example.com>',
    ]);
    expect(await revisionParse(`HEAD:${appPath}`)).toBe(await revisionParse(`${bad}~1:${appPath}`));
  });

  it('is told to Slack in one message with the reason and the revert, its steps in the thread', async () => {
    thread = await waitFor('the message about the revert', async () => {
      const about = threadsOf(await slackMessages(firstMessage)).filter(({ newest }) =>
        linesOf(newest).some(line => line.includes('1.1.0 → 1.2.0')),
      );
      expect(about.length).toBeLessThanOrEqual(1);
      return about.find(({ newest }) => linesOf(newest).some(line => line.startsWith('Git revert')));
    });
    const text = linesOf(thread.newest).join('\n');
    expect(text).toContain('Rolled back checkout');
    expect(text).toMatch(/request-success-rate was \S+, allowed is at least 99/u);
    expect(text).toContain(canary.status().rollback?.commit?.slice(0, 10));
    expect(thread.newest.channel).toBe('releases');
    expect(thread.replies.length).toBeGreaterThan(0);
  });

  it('starts no run when its revert is applied, and the Canary is ready again', async () => {
    const run = canary.status().run?.id;
    await checkout.deploy();
    const ready = await canary.until('Ready', status => condition(status, 'Ready') === 'True');
    expect(ready.run?.id).toBe(run);
    // An interval later the target's pods, which the apply brought back, are gone again.
    await waitFor('the target to be scaled down', async () => {
      const target = await getObject<{ spec: { replicas: number } }>(
        'deployment',
        shop.canary,
        shop.namespace,
      );
      return target?.spec.replicas === 0 ? true : undefined;
    });
    expect(canary.status().run?.id).toBe(run);
    expect(condition(canary.status(), 'Ready')).toBe('True');
  });

  it('does not stand in the way of the next good one', async () => {
    await checkout.release('1.3.0');
    const end = await canary.runOf(() => checkout.deploy());
    expect(end.phase).toBe('Succeeded');
    await allFrom('1.3.0');
    expect(await primaryImage()).toBe(`${image}:1.3.0`);
    expect(unexplainedFailures((await loadStats({ stream })).seconds, '1.2.0')).toEqual({});
  });
});

it('every version of the route divided exactly 100 percent', () => {
  const sums = routes.seen.flatMap(({ spec }) =>
    spec.rules.map(({ backendRefs }) => backendRefs.reduce((sum, { weight = 1 }) => sum + weight, 0)),
  );
  expect(sums.length).toBeGreaterThan(6);
  expect(sums.filter(sum => sum !== 100)).toEqual([]);
});
