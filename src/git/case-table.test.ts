import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  accessTo,
  createRepository,
  type Files,
  realClock,
  revertOf,
  type TestRepository,
  temporaryFolder,
} from '../../test/wire/git-fixture.ts';
import { GitError, type RevertRequest, type RevertVerdict } from './port.ts';
import { createGitRepository } from './repository.ts';

const path = 'apps/checkout';
const file = `${path}/deployment.yaml`;
const other = 'apps/billing/deployment.yaml';
const config = `${path}/config.yaml`;

/** A manifest with room between the image and the replicas, so that edits of both do not touch. */
function manifest(image: string, replicas = 2): string {
  return `kind: Deployment\nspec:\n  image: ${image}\n  port: 80\n  a: 1\n  b: 1\n  c: 1\n  replicas: ${replicas}\n`;
}

const first: Files = {
  [file]: manifest('checkout:1'),
  [config]: 'level: info\n',
  [other]: manifest('billing:1'),
  'README.md': 'hello\n',
};

interface Story {
  readonly good: string;
  readonly failed: string;
  readonly request?: Partial<RevertRequest>;
}

interface Row {
  readonly name: string;
  /** What happened in the repository between the promotion and the revert. */
  readonly story: (repository: TestRepository) => Story;
  readonly outcome: RevertVerdict | 'BranchProtected';
  /** How the head differs from the promoted state afterwards; undefined says that the head did not move. */
  readonly leaves?: Files;
}

/** v1 was promoted; `change` is the release that failed; `later` is what landed since. */
function story(change: Files, later: readonly Files[] = [], request: Partial<RevertRequest> = {}) {
  return (repository: TestRepository): Story => {
    const good = repository.commit(first);
    const failed = repository.commit(change, { message: 'checkout 2' });
    for (const files of later) repository.commit(files);
    return { good, failed, request };
  };
}

const bump: Files = { [file]: manifest('checkout:2') };
const bothApps: Files = { ...bump, [other]: manifest('billing:2') };
const beside: Files = { [file]: manifest('checkout:2').replace('port: 80', 'port: 81') };

const rows: readonly Row[] = [
  { name: 'the failed commit is the head', story: story(bump), outcome: 'Reverted', leaves: {} },
  {
    name: 'others landed elsewhere',
    story: story(bump, [{ [other]: manifest('billing:3') }]),
    outcome: 'Reverted',
    leaves: { [other]: manifest('billing:3') },
  },
  {
    name: 'a later edit of other lines of the same file is kept',
    story: story(bump, [{ [file]: manifest('checkout:2', 5) }]),
    outcome: 'Reverted',
    leaves: { [file]: manifest('checkout:1', 5) },
  },
  {
    name: 'a later edit of the same line: a newer release',
    story: story(bump, [{ [file]: manifest('checkout:3') }]),
    outcome: 'Superseded',
  },
  {
    name: 'a later edit beside the failed line, onConflict Hold',
    story: story(bump, [beside]),
    outcome: 'Conflict',
  },
  {
    name: 'a later edit beside the failed line, onConflict Restore',
    story: story(bump, [beside, { [config]: 'level: debug\n' }], { onConflict: 'Restore' }),
    outcome: 'Reverted',
    leaves: { [config]: 'level: debug\n' },
  },
  {
    name: 'a later edit of the same line by a newer release, onConflict Restore',
    story: story(bump, [{ [file]: manifest('checkout:3') }], { onConflict: 'Restore' }),
    outcome: 'Superseded',
  },
  {
    name: 'a merge commit',
    story: repository => {
      const good = repository.commit(first);
      const side = repository.commit(bump, { branch: 'side', from: good });
      repository.commit({ 'README.md': 'bye\n' });
      return { good, failed: repository.commit(bump, { merge: [side], message: 'Merge side' }) };
    },
    outcome: 'Reverted',
    leaves: { 'README.md': 'bye\n' },
  },
  {
    name: 'a merge commit, as a whole',
    story: repository => {
      const good = repository.commit(first);
      const side = repository.commit(bothApps, { branch: 'side', from: good });
      repository.commit({ 'README.md': 'bye\n' });
      const failed = repository.commit(bothApps, { merge: [side], message: 'Merge side' });
      return { good, failed, request: { scope: 'Commit' } };
    },
    outcome: 'Reverted',
    leaves: { 'README.md': 'bye\n' },
  },
  {
    name: 'a squash of several changes',
    story: story({ ...bump, [config]: 'level: debug\n', [`${path}/hpa.yaml`]: 'max: 3\n' }),
    outcome: 'Reverted',
    leaves: {},
  },
  {
    name: 'a rebased branch: several commits in a row, others between them',
    story: repository => {
      const good = repository.commit(first);
      repository.commit({ [config]: 'level: debug\n' });
      repository.commit({ [other]: manifest('billing:2') });
      return { good, failed: repository.commit(bump) };
    },
    outcome: 'Reverted',
    leaves: { [other]: manifest('billing:2') },
  },
  {
    name: 'one commit releases two applications, scope Paths',
    story: story(bothApps),
    outcome: 'Reverted',
    leaves: { [other]: manifest('billing:2') },
  },
  {
    name: 'one commit releases two applications, scope Commit',
    story: story(bothApps, [{ 'README.md': 'bye\n' }], { scope: 'Commit' }),
    outcome: 'Reverted',
    leaves: { 'README.md': 'bye\n' },
  },
  {
    name: 'scope Commit, and the other application has a newer release since',
    story: story(bothApps, [{ [other]: manifest('billing:3') }], { scope: 'Commit' }),
    outcome: 'Reverted',
    leaves: { [other]: manifest('billing:3') },
  },
  {
    name: 'scope Commit, several commits of which one also changed another application',
    story: repository => {
      const good = repository.commit(first);
      repository.commit(bothApps);
      repository.commit({ 'README.md': 'bye\n' });
      const failed = repository.commit({ [config]: 'level: debug\n' });
      return { good, failed, request: { scope: 'Commit' } };
    },
    outcome: 'Reverted',
    leaves: { 'README.md': 'bye\n' },
  },
  {
    name: 'scope Commit, and the commit also changed what is not allowed',
    story: story({ ...bump, 'clusters/rbac.yaml': 'all\n' }, [], { scope: 'Commit' }),
    outcome: 'ScopeViolation',
  },
  {
    name: 'the failed change renamed a file',
    story: story({ [file]: null, [`${path}/app.yaml`]: manifest('checkout:2') }),
    outcome: 'Reverted',
    leaves: {},
  },
  {
    name: 'the failed change removed a file',
    story: story({ ...bump, [config]: null }),
    outcome: 'Reverted',
    leaves: {},
  },
  {
    name: 'the file was renamed since, with the failed change in it',
    story: story(bump, [{ [file]: null, [`${path}/app.yaml`]: manifest('checkout:2', 3) }]),
    outcome: 'Conflict',
  },
  {
    name: 'the file was renamed since, and the lines beside the failed one changed',
    story: story(bump, [
      {
        [file]: null,
        [`${path}/app.yaml`]: manifest('checkout:2').replace('port: 80', 'port: 81'),
      },
    ]),
    outcome: 'Conflict',
  },
  {
    name: 'the file was renamed since and got a newer release',
    story: story(bump, [{ [file]: null, [`${path}/app.yaml`]: manifest('checkout:3') }]),
    outcome: 'Superseded',
  },
  {
    name: 'the folder was moved since, with the failed change in it',
    story: story(bump, [
      {
        [file]: null,
        [config]: null,
        'apps/shop/deployment.yaml': manifest('checkout:2'),
        'apps/shop/config.yaml': 'level: info\n',
      },
    ]),
    outcome: 'Conflict',
  },
  {
    name: 'the file was removed since',
    story: story(bump, [{ [file]: null }]),
    outcome: 'Superseded',
  },
  {
    name: 'the folder was removed since',
    story: story(bump, [{ [file]: null, [config]: null }]),
    outcome: 'Superseded',
  },
  {
    name: 'a person has reverted it already',
    story: story(bump, [{ [file]: manifest('checkout:1') }, { 'README.md': 'bye\n' }]),
    outcome: 'AlreadyReverted',
  },
  {
    name: 'a person has reverted it and changed other lines',
    story: story(bump, [{ [file]: manifest('checkout:1', 4) }]),
    outcome: 'AlreadyReverted',
  },
  {
    name: 'the same again after a crash',
    story: repository => {
      const told = story(bump)(repository);
      const trailer = 'Revert "checkout 2"\n\nRollback-Id: 9f2c51d0a7b34e68\n';
      repository.commit({ [file]: manifest('checkout:1') }, { message: trailer });
      return told;
    },
    outcome: 'AlreadyReverted',
  },
  {
    name: 'image automation commits the failed tag again after the revert',
    story: repository => {
      const told = story(bump)(repository);
      const trailer = 'Revert "checkout 2"\n\nRollback-Id: 9f2c51d0a7b34e68\n';
      repository.commit({ [file]: manifest('checkout:1') }, { message: trailer });
      repository.commit(bump, { message: 'Update image' });
      return told;
    },
    outcome: 'AlreadyReverted',
  },
  {
    name: 'image automation commits the next tag before the revert',
    story: story(bump, [{ [file]: manifest('checkout:2-patch') }]),
    outcome: 'Superseded',
  },
  {
    name: 'another cluster with the same path was faster',
    story: repository => {
      const told = story(bump)(repository);
      repository.commit(
        { [file]: manifest('checkout:1') },
        { message: 'Revert\n\nRollback-Id: elsewhere\n' },
      );
      return told;
    },
    outcome: 'AlreadyReverted',
  },
  {
    name: 'what failed is a revert by Siskin',
    story: repository => {
      const good = repository.commit({ ...first, ...bump });
      const message = 'Revert "checkout 2"\n\nRollback-Id: elsewhere\n';
      return { good, failed: repository.commit({ [file]: manifest('checkout:1') }, { message }) };
    },
    outcome: 'Held',
  },
  {
    name: 'a mutable tag: the image changed, and no commit did',
    story: story({ 'README.md': 'bye\n', [other]: manifest('billing:2') }),
    outcome: 'NotCausedByGit',
  },
  {
    name: 'nothing at all was committed',
    story: repository => {
      const good = repository.commit(first);
      return { good, failed: good };
    },
    outcome: 'NotCausedByGit',
  },
  {
    name: 'the history was rewritten without the failed commit',
    story: repository => {
      const told = story(bump)(repository);
      repository.commit({ 'README.md': 'bye\n' }, { from: told.good });
      return told;
    },
    outcome: 'HistoryRewritten',
  },
  {
    name: 'generated manifests: the source is reverted, what CI renders from it is not touched',
    story: story({ [`${path}/kustomization.yaml`]: 'images:\n- newTag: "2"\n' }, [
      { 'rendered/checkout.yaml': manifest('checkout:2') },
    ]),
    outcome: 'Reverted',
    leaves: { 'rendered/checkout.yaml': manifest('checkout:2') },
  },
  {
    name: 'generated manifests on the branch that is deployed',
    story: story(bump, [{ [other]: manifest('billing:2') }], { path: file }),
    outcome: 'Reverted',
    leaves: { [other]: manifest('billing:2') },
  },
  {
    name: 'an encrypted file moves as it is',
    story: story({ [config]: 'ENC[AES256_GCM,data:\u0000ÿþ==]\r\nmac: 2' }),
    outcome: 'Reverted',
    leaves: {},
  },
  {
    name: 'a symbolic link in the change',
    story: story({ ...bump, [`${path}/link`]: { link: '/etc/passwd' } }),
    outcome: 'ScopeViolation',
  },
  {
    name: 'a submodule in the change',
    story: story({ ...bump, [`${path}/module`]: { submodule: 'c'.repeat(40) } }),
    outcome: 'ScopeViolation',
  },
  {
    name: 'more files than the limit',
    story: story({
      ...bump,
      ...Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`${path}/${i}`, 'x'])),
    }),
    outcome: 'ScopeViolation',
  },
  {
    name: 'three pushes of others are faster',
    story: repository => {
      let left = 3;
      const mayPush: RevertRequest['mayPush'] = () => {
        if (left-- > 0) repository.commit({ [other]: manifest(`billing:race${left}`) });
        return Promise.resolve({ allowed: true });
      };
      return story(bump, [], { mayPush })(repository);
    },
    outcome: 'Reverted',
    leaves: { [other]: manifest('billing:race0') },
  },
  {
    name: 'a kill switch is thrown right before the push',
    story: story(bump, [], { mayPush: () => Promise.resolve({ allowed: false, why: 'suspended' }) }),
    outcome: 'Held',
  },
  {
    name: 'a protected branch',
    story: repository => {
      const hook = join(repository.folder, 'hooks', 'pre-receive');
      mkdirSync(join(repository.folder, 'hooks'));
      writeFileSync(hook, '#!/bin/sh\necho "GH006: Protected branch update failed" >&2\nexit 1\n');
      chmodSync(hook, 0o755);
      return story(bump)(repository);
    },
    outcome: 'BranchProtected',
  },
];

test.each(rows)(
  '$name: $outcome',
  async ({ story: tell, outcome, leaves }) => {
    using folder = temporaryFolder();
    const remote = createRepository(join(folder.path, 'remote.git'));
    const { good, failed, request = {} } = tell(remote);
    const before = remote.head();
    const scope = request.path ?? path;
    const positions = { good: remote.position(scope, good), failed: remote.position(scope, failed) };
    const git = createGitRepository({
      cacheDir: join(folder.path, 'cache'),
      clock: realClock,
      allowFileUrls: true,
      random: () => 0,
    });
    const answer = await git
      .revert(revertOf(accessTo(`file://${remote.folder}`), positions, { path, ...request }))
      .catch((error: unknown) => {
        if (error instanceof GitError) return { verdict: error.code, message: error.message };
        throw error;
      });
    expect(answer.verdict, answer.message).toBe(outcome);
    if (leaves === undefined) {
      expect(remote.head()).toBe(before);
      return;
    }
    const wanted: Record<string, string> = {};
    for (const [name, content] of Object.entries({ ...first, ...leaves })) {
      if (typeof content === 'string') wanted[name] = content.replace(/\n$/u, '');
    }
    expect(remote.files()).toEqual(wanted);
    expect(remote.git(['log', '-1', '--format=%(trailers:key=Rollback-Id,valueonly)'])).toContain(
      '9f2c51d0a7b34e68',
    );
  },
  60_000,
);
