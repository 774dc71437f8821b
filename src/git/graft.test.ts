/** An object put into a tree, against what git's own index makes of the same change. */
import { execFileSync } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { baseSeed, createRandom } from '../../test/sim/random.ts';
import { temporaryFolder } from '../../test/wire/git-fixture.ts';
import type { Git } from './git.ts';
import { graft } from './merge.ts';
import { entriesAbove, entryAt } from './objects.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Names whose order depends on whether they are folders, and ones of more than one byte. */
const names = ['a', 'a.b', 'a-', 'a0', 'b', 'ä', '日本', 'Z', 'a b', 'deployment.yaml'];

test.each(['sha1', 'sha256'])(`40 random trees in %s (seed ${baseSeed})`, async format => {
  using folder = temporaryFolder();
  const random = createRandom(baseSeed);
  const environment = {
    PATH: process.env.PATH,
    GIT_DIR: folder.path,
    GIT_LITERAL_PATHSPECS: '1',
    LC_ALL: 'C',
  };
  const run = (args: readonly string[], input: string | Buffer = ''): string =>
    execFileSync('git', args, { cwd: folder.path, env: environment, input, encoding: 'utf8' }).replace(
      /\n$/u,
      '',
    );
  let commands = 0;
  const git: Git = (args, { input } = {}) => {
    commands += 1;
    const text = run(args, typeof input === 'string' || Buffer.isBuffer(input) ? input : '');
    return Promise.resolve({ code: 0, stdout: Buffer.from(text), text, stderr: '' });
  };
  run(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, '.']);
  const blobs = ['one', 'two', 'three'].map(text => run(['hash-object', '-w', '--stdin'], text));
  const pick = (from: readonly string[]): string => from[random.between(0, from.length - 1)] ?? '';
  const update = (lines: readonly string[]): string => {
    run(['update-index', '-z', '--index-info'], lines.join(''));
    return run(['write-tree']);
  };

  for (let trial = 0; trial < 40; trial += 1) {
    run(['read-tree', '--empty']);
    const paths = Array.from({ length: random.between(1, 12) }, () =>
      Array.from({ length: random.between(1, 4) }, () => pick(names)).join('/'),
    );
    // A name cannot be a file and a folder at once.
    const files = paths.filter(path => !paths.some(other => other.startsWith(`${path}/`)));
    const line = (path: string): string => `${pick(['100644', '100755'])} ${pick(blobs)}\t${path}\0`;
    const root = update(files.map(line));
    const path = pick(files);
    const entry = { mode: pick(['100644', '100755']), type: 'blob', name: '', object: pick(blobs) };
    expect((await entryAt(git, root, path))?.type).toBe('blob');
    commands = 0;
    const grafted = await graft(git, root, path, entry);
    expect(commands).toBe(2);
    expect(grafted, path).toBe(update([`${entry.mode} ${entry.object}\t${path}\0`]));
    expect(run(['cat-file', '-t', grafted])).toBe('tree');
  }
});

const unasked: Git = () => Promise.reject(new Error('git was asked'));

test('at the root nothing is asked and nothing made', async () => {
  const entry = {
    mode: '040000',
    type: 'tree',
    name: '',
    object: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  };
  expect(await graft(unasked, 'main', '', entry)).toBe(entry.object);
  expect(await entriesAbove(unasked, 'main', '')).toEqual([]);
});
