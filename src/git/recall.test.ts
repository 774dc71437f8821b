import { expect, test } from 'vitest';
import type { Git } from './git.ts';
import { recalling } from './recall.ts';

const object = 'a'.repeat(40);

/** A git that answers with how often it was asked, so that a remembered answer is told from a new one. */
function counting(text: (asked: number) => string = asked => `answer ${asked}`): Git {
  let asked = 0;
  return async () => {
    asked += 1;
    const answer = text(asked);
    return { code: 0, stdout: Buffer.from(answer), text: answer, stderr: '' };
  };
}

test('what objects say is asked once, also by two at the same moment', async () => {
  const git = recalling(counting());
  const [first, second] = await Promise.all([git(['ls-tree', object]), git(['ls-tree', object])]);
  expect([first.text, second.text, (await git(['ls-tree', object])).text]).toEqual(
    Array.from({ length: 3 }, () => 'answer 1'),
  );
  expect((await git(['ls-tree', '-z', object])).text).toBe('answer 2');
  expect((await git(['mktree'], { input: 'x' })).text).toBe('answer 3');
  expect((await git(['mktree'], { input: 'y' })).text).toBe('answer 4');
});

test.each<{ what: string; args: string[]; network?: boolean }>([
  { what: 'a branch, which moves', args: ['rev-parse', '--verify', 'refs/siskin/head^{commit}'] },
  { what: 'a fetch', args: ['fetch', 'origin'], network: true },
  { what: 'what may come from the server', args: ['cat-file', 'blob', object], network: true },
  { what: 'the index', args: ['write-tree'] },
])('$what is asked each time', async ({ args, network = false }) => {
  const git = recalling(counting());
  expect((await git(args, { network })).text).toBe('answer 1');
  expect((await git(args, { network })).text).toBe('answer 2');
});

test('an object that was missing is looked for again, one that was there is not', async () => {
  const git = recalling(counting(asked => (asked === 1 ? `${object} missing` : 'commit')));
  const look = async () => (await git(['cat-file', '--batch-check'], { input: `${object}\n` })).text;
  expect([await look(), await look(), await look()]).toEqual([`${object} missing`, 'commit', 'commit']);
});

test('a command that failed is tried again', async () => {
  let asked = 0;
  const git = recalling(async () => {
    asked += 1;
    if (asked === 1) throw new Error('killed');
    return { code: 0, stdout: Buffer.from(''), text: '', stderr: '' };
  });
  await expect(git(['ls-tree', object])).rejects.toThrow('killed');
  expect((await git(['ls-tree', object])).code).toBe(0);
});
