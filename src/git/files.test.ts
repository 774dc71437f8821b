/** Reading files of a commit from a mirror without blobs. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  accessTo,
  createRepository,
  realClock,
  type TestRepository,
  temporaryFolder,
} from '../../test/wire/git-fixture.ts';
import type { CommitFiles } from './port.ts';
import { createGitRepository } from './repository.ts';

vi.setConfig({ testTimeout: 60_000 });

let folder: ReturnType<typeof temporaryFolder>;
let remote: TestRepository;

beforeEach(() => {
  folder = temporaryFolder();
  remote = createRepository(join(folder.path, 'remote.git'));
});
afterEach(() => {
  folder[Symbol.dispose]();
});

async function browse<T>(use: (files: CommitFiles) => Promise<T>, commit?: string): Promise<T> {
  const repository = createGitRepository({
    cacheDir: join(folder.path, 'cache'),
    clock: realClock,
    allowFileUrls: true,
  });
  const at = { branch: 'main', ...(commit === undefined ? {} : { commit }) };
  return repository.browse(accessTo(`file://${remote.folder}`), at, use);
}

test('kinds, contents and lists are those of the commit', async () => {
  const old = remote.commit({ 'apps/web/a.yaml': 'a: 1\n', 'apps/web/b.yaml': 'a: 1\n' });
  remote.commit({ 'apps/web/a.yaml': 'a: 2\n', 'apps/new.yaml': 'é\n' });
  const paths = ['apps/web', 'apps/web/a.yaml', 'apps/new.yaml', 'apps/none.yaml', ''];
  const now = await browse(async files => ({
    kinds: Object.fromEntries(await files.kindsOf(paths)),
    texts: Object.fromEntries(await files.read(paths)),
    list: await files.list(['apps']),
  }));
  expect(now).toEqual({
    kinds: { 'apps/web': 'folder', 'apps/web/a.yaml': 'file', 'apps/new.yaml': 'file' },
    texts: { 'apps/web/a.yaml': 'a: 2\n', 'apps/new.yaml': 'é\n' },
    list: ['apps/new.yaml', 'apps/web/a.yaml', 'apps/web/b.yaml'],
  });
  const then = await browse(async files => Object.fromEntries(await files.read(paths)), old);
  expect(then).toEqual({ 'apps/web/a.yaml': 'a: 1\n' });
});

test('paths that lead elsewhere, options and what is no text are as if they were not there', async () => {
  remote.commit({ 'a.yaml': 'a\n', 'big.yaml': 'x'.repeat(1_100_000), 'bytes.yaml': '\u{0}ok' });
  const hostile = [
    '../etc/passwd',
    '/etc/passwd',
    '-rf',
    ':(glob)**',
    '.git/config',
    'a/../a.yaml',
    'big.yaml',
    'a\u{0}b',
  ];
  const found = await browse(async files => ({
    kinds: [...(await files.kindsOf(hostile)).keys()],
    texts: [...(await files.read([...hostile, 'a.yaml'])).keys()],
  }));
  expect(found).toEqual({ kinds: ['big.yaml'], texts: ['a.yaml'] });
});

test('a commit that is not on the branch is refused', async () => {
  remote.commit({ 'a.yaml': 'a\n' });
  await expect(browse(async files => files.read(['a.yaml']), 'a'.repeat(40))).rejects.toMatchObject({
    code: 'InvalidRequest',
  });
});

test('links and submodules are not followed', async () => {
  remote.commit({ 'a.yaml': 'a\n', etc: { link: '/etc' }, sub: { submodule: 'a'.repeat(40) } });
  const paths = ['etc', 'etc/passwd', 'sub', 'sub/a.yaml', 'a.yaml'];
  expect(await browse(async files => [...(await files.kindsOf(paths)).keys()])).toEqual(['a.yaml']);
});
