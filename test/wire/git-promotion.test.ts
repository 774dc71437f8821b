import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RepositoryAccess } from '../../src/git/port.ts';
import type { PromotionRequest } from '../../src/git/promotion.ts';
import { createGitRepository } from '../../src/git/repository.ts';
import { accessTo, realClock, temporaryFolder } from './git-fixture.ts';
import { type GitServer, startGitServer } from './git-server.ts';

let folder: ReturnType<typeof temporaryFolder>;
let server: GitServer;

const file = 'apps/production/kustomization.yaml';
const dueAt = 1_700_200_000_000;

function kustomization(tag: string): string {
  return `# production\nimages:\n  - name: ghcr.io/acme/app   # ours\n    newTag: "${tag}"   # {"$imagepolicy": "x"}\n`;
}

beforeEach(async () => {
  folder = temporaryFolder();
  server = await startGitServer(folder.path);
  server.repository.commit({
    [file]: kustomization('1.0.0'),
    'apps/production/values.yaml': 'image:\r\n  tag: 1.0.0 # keep\r\n',
    'apps/staging/kustomization.yaml': kustomization('1.1.0'),
    'clusters/production.yaml': 'tag: 1.0.0\n',
  });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function open(cache = 'cache') {
  return createGitRepository({ cacheDir: join(folder.path, cache), clock: realClock });
}

function access(changes: Partial<RepositoryAccess> = {}): RepositoryAccess {
  const secret = {
    username: Buffer.from(server.username),
    password: Buffer.from(server.password),
    'ca.crt': server.ca,
  };
  return accessTo(server.url, { secret, ...changes });
}

function kustomize(tag: string, path = 'apps/production'): PromotionRequest['edits'][number] {
  return { path, edit: { kind: 'kustomize', image: 'ghcr.io/acme/app', version: { tag } } };
}

function request(tag: string, changes: Partial<PromotionRequest> = {}): PromotionRequest {
  return {
    repository: access(),
    branch: 'main',
    edits: [kustomize(tag)],
    canary: { namespace: 'staging', name: 'app' },
    target: 'production',
    promotionId: `0f0f0f0f-${tag}-production`,
    revision: `v1-${tag}`,
    subject: 'Promote app to production',
    reason: `ghcr.io/acme/app:${tag} passed.`,
    promotedAt: dueAt - 60_000,
    dueAt,
    promotionsPerHour: 10,
    mode: 'Commit',
    mayPush: () => Promise.resolve({ allowed: true }),
    ...changes,
  };
}

function show(format: string, commit = 'main'): string {
  return server.repository.git(['show', '--no-patch', `--format=${format}`, commit]);
}

function count(): number {
  return Number(server.repository.git(['rev-list', '--count', 'main']));
}

test('one commit changes one value and says all about it', async () => {
  const before = server.repository.files();
  const result = await open().promote(request('1.1.0'));
  expect(result).toMatchObject({ verdict: 'Promoted', files: [file], commit: server.repository.head() });
  expect(server.repository.files()).toEqual({ ...before, [file]: kustomization('1.1.0').trimEnd() });
  expect(server.repository.git(['diff', '--numstat', 'main^', 'main'])).toBe(`1\t1\t${file}`);
  expect(show('%an %ae %at %ct')).toBe(`siskin siskin@example.com ${dueAt / 1_000} ${dueAt / 1_000}`);
  expect(show('%s')).toBe('Promote app to production');
  expect(show('%(trailers:only,unfold)').trim().split('\n')).toEqual([
    'Promotion-Id: 0f0f0f0f-1.1.0-production',
    'Promotion-Target: staging/app/production',
    expect.stringMatching(/^Promotion-Version: [0-9a-f]{32}$/u),
    `Promoted-At: ${new Date(dueAt - 60_000).toISOString()}`,
    'Siskin-Canary: staging/app',
    'Siskin-Revision: v1-1.1.0',
    'Signed-off-by: siskin <siskin@example.com>',
  ]);
});

test('several files in one commit, line endings and comments kept', async () => {
  const edits: PromotionRequest['edits'] = [
    kustomize('1.1.0'),
    { path: 'apps/production/values.yaml', edit: { kind: 'value', key: 'image.tag', value: '1.10' } },
  ];
  expect(await open().promote(request('1.1.0', { edits }))).toMatchObject({ verdict: 'Promoted' });
  expect(server.repository.git(['show', 'main:apps/production/values.yaml'])).toBe(
    'image:\r\n  tag: "1.10" # keep\r',
  );
  expect(server.repository.git(['diff', '--numstat', 'main^', 'main']).split('\n')).toHaveLength(2);
});

test('asked again, by whomever and after a lost answer, nothing is written twice', async () => {
  const first = await open().promote(request('1.1.0'));
  const again = await open('another').promote(request('1.1.0'));
  expect(again).toMatchObject({ verdict: 'AlreadyPromoted', commit: first.commit });
  let left = 1;
  server.onRequest = seen => (seen === 'push' && left-- > 0 ? 'drop-answer' : undefined);
  const lost = await open().promote(request('1.2.0', { promotedAt: dueAt }));
  expect(['Promoted', 'AlreadyPromoted']).toContain(lost.verdict);
  expect(lost.commit).toBe(server.repository.head());
  expect(count()).toBe(3);
});

test('replicas that race make one commit, and no foreign one is lost', async () => {
  let pushes = 0;
  server.onRequest = seen => {
    if (seen === 'push-refs' && pushes++ === 0) server.repository.commit({ 'apps/other.yaml': 'a: 1\n' });
    return undefined;
  };
  const results = await Promise.all(['a', 'b', 'c'].map(cache => open(cache).promote(request('1.1.0'))));
  expect(new Set(results.map(({ commit }) => commit))).toEqual(new Set([server.repository.head()]));
  expect(count()).toBe(3);
  expect(server.repository.files()).toMatchObject({
    'apps/other.yaml': 'a: 1',
    [file]: kustomization('1.1.0').trimEnd(),
  });
});

test('an earlier promotion does not follow a later one', async () => {
  await open().promote(request('1.2.0', { promotedAt: dueAt }));
  expect(await open().promote(request('1.1.0'))).toMatchObject({ verdict: 'Superseded', files: [] });
  expect(count()).toBe(2);
  const elsewhere = request('1.1.0', { target: 'other', edits: [kustomize('1.1.0', 'apps/staging')] });
  expect(await open().promote(elsewhere)).toMatchObject({ verdict: 'AlreadyPromoted' });
});

test('what was reverted there does not come back, by whatever promotion', async () => {
  const { commit = '' } = await open().promote(request('1.1.0'));
  server.repository.commit(
    { [file]: kustomization('1.0.0') },
    {
      message: `Revert "Promote app to production"\n\nThis reverts commit ${commit} (only apps/production).\n`,
    },
  );
  const again = request('1.1.0', { promotionId: 'another', promotedAt: dueAt + 1 });
  expect(await open().promote(again)).toMatchObject({
    verdict: 'Held',
    message: expect.stringContaining('reverted there'),
  });
  expect(await open().promote(request('1.2.0', { promotedAt: dueAt + 2 }))).toMatchObject({
    verdict: 'Promoted',
  });
});

test('a version that is there already needs no commit', async () => {
  expect(await open().promote(request('1.0.0'))).toMatchObject({ verdict: 'AlreadyPromoted', files: [] });
  expect(count()).toBe(1);
});

test('a dry run says what it would push', async () => {
  const result = await open().promote(request('1.1.0', { mode: 'DryRun' }));
  expect(result).toMatchObject({
    verdict: 'Promoted',
    files: [file],
    message: expect.stringMatching(/^Dry run/u),
  });
  expect(count()).toBe(1);
  expect(await open().promote(request('1.1.0'))).toMatchObject({ commit: result.commit });
});

function refused() {
  return Promise.resolve({ allowed: false as const, why: 'suspended' });
}

test('the last word before the push is respected', async () => {
  expect(await open().promote(request('1.1.0', { mayPush: refused }))).toMatchObject({
    verdict: 'NotPermitted',
    message: 'suspended',
  });
  expect(count()).toBe(1);
});

test('no more than the limit in an hour', async () => {
  const now = Date.now();
  await open().promote(request('1.1.0', { dueAt: now }));
  const next = request('1.2.0', { dueAt: now, promotedAt: now, promotionsPerHour: 1 });
  expect(await open().promote(next)).toMatchObject({ verdict: 'LimitReached' });
  expect(count()).toBe(2);
});

describe('by pull request', () => {
  const branch = 'siskin/promotion/app';
  const asks = (tag: string, changes: Partial<PromotionRequest> = {}): PromotionRequest =>
    request(tag, { mode: 'PullRequest', proposal: { branch, refresh: 'Needed' }, ...changes });

  /** As a host merges: a commit with both parents on the base. */
  function merge(): string {
    const { repository } = server;
    const tree = repository.git(['rev-parse', `${branch}^{tree}`]);
    const parents = ['-p', repository.head(), '-p', repository.head(branch)];
    const who = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com'];
    const commit = repository.git([...who, 'commit-tree', ...parents, '-m', 'Merge', tree]);
    repository.git(['update-ref', 'refs/heads/main', commit]);
    return commit;
  }

  test('the branch holds one version, and a later one fast-forwards it', async () => {
    const base = server.repository.head();
    const first = await open().promote(asks('1.1.0'));
    expect(first).toMatchObject({ verdict: 'Proposed', moved: true, commit: server.repository.head(branch) });
    expect(await open('other').promote(asks('1.1.0'))).toMatchObject({ commit: first.commit, moved: false });
    const later = await open().promote(asks('1.2.0', { promotedAt: dueAt }));
    expect(later).toMatchObject({ verdict: 'Proposed', moved: true, commit: server.repository.head(branch) });
    expect(server.repository.git(['rev-parse', `${branch}^`])).toBe(first.commit);
    expect(show('%(trailers:key=Promotion-Id,valueonly)', branch).trim()).toBe('0f0f0f0f-1.2.0-production');
    expect(server.repository.files(branch)[file]).toBe(kustomization('1.2.0').trimEnd());
    expect(server.repository.head()).toBe(base);
  });

  test('a base that moves is merged in, and commits of others are left alone', async () => {
    await open().promote(asks('1.1.0'));
    const base = server.repository.commit({ [file]: `# moved\n${kustomization('1.0.0')}` });
    expect(await open().promote(asks('1.1.0'))).toMatchObject({ verdict: 'Proposed', moved: true });
    expect(server.repository.git(['rev-parse', `${branch}^2`])).toBe(base);
    expect(server.repository.files(branch)[file]).toBe(`# moved\n${kustomization('1.1.0')}`.trimEnd());
    const theirs = server.repository.commit({ 'apps/other.yaml': 'a: 1\n' }, { branch });
    expect(await open().promote(asks('1.2.0', { promotedAt: dueAt }))).toMatchObject({
      verdict: 'Proposed',
      moved: false,
    });
    expect(server.repository.head(branch)).toBe(theirs);
  });

  test('once merged it is there, and a revert of the merge keeps the version away', async () => {
    await open().promote(asks('1.1.0'));
    const merged = merge();
    expect(await open().promote(asks('1.1.0'))).toMatchObject({ verdict: 'AlreadyPromoted' });
    server.repository.commit(
      { [file]: kustomization('1.0.0') },
      { message: `Revert "Merge"\n\nThis reverts commit ${merged}.\n` },
    );
    const again = asks('1.1.0', { promotionId: 'another', promotedAt: dueAt + 1 });
    expect(await open().promote(again)).toMatchObject({ verdict: 'Held' });
    const next = asks('1.2.0', { promotedAt: dueAt + 2 });
    expect(await open().promote(next)).toMatchObject({ verdict: 'Proposed', moved: true });
  });

  test('a revert of a neighbour is none of it', async () => {
    await open().promote(request('1.1.0'));
    const other = server.repository.commit({ 'apps/other.yaml': 'a: 1\n' });
    server.repository.commit(
      { 'apps/other.yaml': null, [file]: kustomization('1.0.0') },
      { message: `Revert\n\nThis reverts commit ${other}.\n` },
    );
    const again = request('1.1.0', { promotionId: 'another', promotedAt: dueAt + 1 });
    expect(await open().promote(again)).toMatchObject({ verdict: 'Promoted' });
  });
});

describe('refused', () => {
  test.each<[string, Partial<PromotionRequest>, RegExp]>([
    [
      'a file that is not there',
      { edits: [{ path: 'apps/nothing.yaml', edit: { kind: 'value', key: 'a', value: 'b' } }] },
      /apps\/nothing\.yaml does not exist/,
    ],
    [
      'a folder without a kustomization',
      { edits: [kustomize('1.1.0', 'apps')] },
      /apps holds no kustomization/,
    ],
    [
      'a folder for a file',
      { edits: [{ path: 'apps/production', edit: { kind: 'value', key: 'a', value: 'b' } }] },
      /is no plain file/,
    ],
    [
      'an edit that cannot be made',
      { edits: [{ path: file, edit: { kind: 'value', key: 'a.b', value: 'c' } }] },
      /kustomization\.yaml: the file has no a/,
    ],
    [
      'too many files',
      {
        promotionsPerHour: 1,
        edits: [
          kustomize('1.1.0'),
          { path: 'apps/production/values.yaml', edit: { kind: 'value', key: 'image.tag', value: '2' } },
        ],
      },
      /the limit is 1/,
    ],
  ])('%s', async (_name, changes, why) => {
    const limited =
      changes.promotionsPerHour === 1
        ? { repository: access({ limits: { revertsPerHour: 10, maxFiles: 1 } }) }
        : {};
    const result = await open().promote(request('1.1.0', { ...changes, ...limited }));
    expect(result).toMatchObject({ verdict: 'Refused', message: expect.stringMatching(why) });
    expect(count()).toBe(1);
  });

  test('a link', async () => {
    server.repository.commit({ 'apps/link.yaml': { link: '../clusters/production.yaml' } });
    const edits: PromotionRequest['edits'] = [
      { path: 'apps/link.yaml', edit: { kind: 'value', key: 'tag', value: '2' } },
    ];
    expect(await open().promote(request('1.1.0', { edits }))).toMatchObject({
      verdict: 'Refused',
      message: expect.stringContaining('no plain file'),
    });
  });

  test.each(['clusters/production.yaml', '../x.yaml', '/etc/passwd', 'apps/.git/config', '-x', ''])(
    'the path %j',
    async path => {
      const edits: PromotionRequest['edits'] = [{ path, edit: { kind: 'value', key: 'tag', value: '2' } }];
      await expect(open().promote(request('1.1.0', { edits }))).rejects.toMatchObject({
        code: expect.stringMatching(/^(PathNotAllowed|InvalidRequest)$/u),
        transient: false,
      });
      expect(server.requests).toEqual([]);
    },
  );
});
