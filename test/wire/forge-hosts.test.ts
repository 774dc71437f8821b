/** One story on every host: a pull request from its opening to its end, told to each in the shapes of its own documentation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Forge, type ForgeAccess, ForgeError } from '../../src/forge/port.ts';
import { type FakeHost, mergeCommit, startHost } from './forge/host.ts';
import { accessTo, forgeUnderTest, type HostUnderTest, hosts } from './forge/hosts.ts';

const branch = 'siskin/rollback/shop-checkout-0a1b2c3d';
const head = 'a'.repeat(40);
const draft = {
  branch,
  base: 'main',
  title: 'Revert "checkout 1.2.0"',
  body: 'It failed.',
  labels: ['rollback'],
  reviewers: ['ada'],
};

describe.each(hosts.map(host => [host.provider, host] as const))('%s', (_name, host: HostUnderTest) => {
  let fake: FakeHost;
  let forge: Forge;
  let access: ForgeAccess;

  beforeEach(async () => {
    fake = await startHost(host.options);
    fake.memory.branches.set(branch, head);
    forge = forgeUnderTest();
    access = accessTo(host, fake);
  });
  afterEach(async () => {
    expect(fake.violations).toEqual([]);
    await fake[Symbol.asyncDispose]();
  });

  it('opens one and finds it again', async () => {
    expect(await forge.find(access, { branch, base: 'main' })).toBeUndefined();
    const { notes, ...opened } = await forge.open(access, draft);
    expect(opened).toMatchObject({ number: 1, state: 'Open' });
    expect(opened.url).toMatch(/^https?:\/\/[^ ]+\/1$/u);
    expect(head.startsWith(opened.head)).toBe(true);
    expect(notes).toHaveLength(host.labels ? 0 : 1);
    expect(await forge.find(access, { branch, base: 'main' })).toEqual(opened);
    expect(await forge.get(access, 1)).toEqual(opened);
    expect(await forge.find(access, { branch: 'siskin/other', base: 'main' })).toBeUndefined();
    expect(await forge.find(access, { branch, base: 'staging' })).toBeUndefined();
    const [stored] = fake.memory.pulls;
    expect(stored).toMatchObject({ title: draft.title, body: draft.body, reviewers: ['ada'] });
    expect(stored?.labels).toEqual(host.labels ? ['rollback'] : []);
  });

  it('opens no second one', async () => {
    await forge.open(access, draft);
    const again = await forge.open(access, draft);
    expect(again.number).toBe(1);
    expect(fake.memory.pulls).toHaveLength(1);
  });

  it('a reviewer who does not exist is told, and does not stop it', async () => {
    const { number, notes } = await forge.open(access, { ...draft, labels: [], reviewers: ['nobody'] });
    expect(number).toBe(1);
    expect(notes).toEqual([expect.stringContaining('reviewers: ')]);
  });

  it('a branch that is not there is rejected, with the host’s own words', async () => {
    const failure = forge.open(access, { ...draft, branch: 'siskin/missing', labels: [], reviewers: [] });
    await expect(failure).rejects.toMatchObject({ name: 'ForgeError', transient: false });
  });

  it('brings the text up to date', async () => {
    await forge.open(access, draft);
    await forge.update(access, 1, { title: 'New title', body: 'New body' });
    expect(fake.memory.pulls[0]).toMatchObject({ title: 'New title', body: 'New body' });
  });

  it('closes it with a comment, once', async () => {
    await forge.open(access, draft);
    await forge.close(access, 1, 'A newer release was promoted.');
    await forge.close(access, 1, 'A newer release was promoted.');
    expect(fake.memory.pulls[0]).toMatchObject({
      state: 'closed',
      comments: ['A newer release was promoted.'],
    });
    expect((await forge.get(access, 1)).state).toBe('Closed');
  });

  it('tells that it was merged, and as what', async () => {
    await forge.open(access, draft);
    for (const pull of fake.memory.pulls) pull.state = 'merged';
    const merged = await forge.get(access, 1);
    expect(merged.state).toBe('Merged');
    expect(mergeCommit.startsWith(merged.mergeCommit ?? 'none')).toBe(true);
  });

  it('prefers the open one to a newer closed one', async () => {
    await forge.open(access, draft);
    for (const pull of fake.memory.pulls) pull.state = 'closed';
    await forge.open(access, draft);
    expect((await forge.find(access, { branch, base: 'main' }))?.number).toBe(2);
    const [first, second] = fake.memory.pulls;
    if (first !== undefined) first.state = 'open';
    if (second !== undefined) second.state = 'closed';
    expect((await forge.find(access, { branch, base: 'main' }))?.number).toBe(1);
  });

  it('asks for an auto-merge of exactly this head, or says that there is none', async () => {
    await forge.open(access, draft);
    if (!host.merges) {
      await expect(forge.autoMerge(access, 1, head)).rejects.toMatchObject({
        code: 'NotAllowed',
        transient: false,
      });
      return;
    }
    await expect(forge.autoMerge(access, 1, 'b'.repeat(40))).rejects.toBeInstanceOf(ForgeError);
    expect(fake.memory.pulls[0]?.autoMerge).toBeUndefined();
    await forge.autoMerge(access, 1, head);
    await forge.autoMerge(access, 1, head);
    expect(fake.memory.pulls[0]?.autoMerge).toBe(head);
  });

  it('writes a commit’s status, also a second time', async () => {
    const description = `request-success-rate was 88, allowed is at least 99. ${'Long. '.repeat(80)}`;
    for (const state of ['Success', 'Failure', 'Failure'] as const)
      await forge.setStatus(access, head, { state, context: 'siskin/shop/checkout', description });
    const [success, failure] = host.states;
    expect(fake.memory.statuses[0]).toMatchObject({
      commit: head,
      state: success,
      context: 'siskin/shop/checkout',
    });
    expect(fake.memory.statuses[1]).toMatchObject({ state: failure });
  });
});

it('Gitea: a label that the repository does not have is told', async () => {
  const host = hosts.find(({ provider }) => provider === 'Gitea');
  if (host === undefined) throw new Error('no Gitea');
  await using fake = await startHost(host.options);
  fake.memory.branches.set(branch, head);
  const { notes } = await forgeUnderTest().open(accessTo(host, fake), {
    ...draft,
    labels: ['rollback', 'unknown'],
  });
  expect(notes).toEqual([expect.stringMatching(/^labels: .*unknown/u)]);
  expect(fake.memory.pulls[0]?.labels).toEqual(['rollback']);
});

it('GitHub: what needs no more checks is merged rather than scheduled', async () => {
  const host = hosts.find(({ provider }) => provider === 'GitHub');
  if (host === undefined) throw new Error('no GitHub');
  await using fake = await startHost(host.options);
  fake.memory.branches.set(branch, head);
  const forge = forgeUnderTest();
  const access = accessTo(host, fake);
  const opened = await forge.open(access, draft);
  const pull = { number: 1, node_id: 'PR_1', html_url: opened.url, state: 'open', head: { sha: head } };
  fake.misbehave(
    { status: 200, body: pull },
    {
      status: 200,
      body: { data: null, errors: [{ message: 'Pull request Pull request is in clean status' }] },
    },
  );
  await forge.autoMerge(access, 1, head);
  expect((await forge.get(access, 1)).state).toBe('Merged');
});
