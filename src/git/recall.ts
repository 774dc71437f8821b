/** Remembers what objects say: an object never changes under its name, so no question about one needs a second process. */
import type { Git, GitAnswer, GitOptions } from './git.ts';

/** Commands that read or write nothing but objects, where every revision among their arguments is the full name of one. */
const lasting: ReadonlySet<string> = new Set([
  'ls-tree',
  'diff-tree',
  'log',
  'merge-base',
  'mktree',
  'cat-file',
]);

/** Answers kept for as long as the returned Git is; who asks the same while the first is under way shares its answer. */
export function recalling(git: Git): Git {
  const kept = new Map<string, Promise<GitAnswer>>();
  return async (args, options = {}) => {
    const { input } = options;
    if (isStream(input) || !isLasting(args, options)) return git(args, options);
    const key = JSON.stringify([args, input?.toString()]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const asked = git(args, options);
    kept.set(key, asked);
    const forget = () => kept.delete(key);
    // What is not in the mirror yet may be there after the next fetch.
    asked.then(({ text }) => / missing$/mu.test(text) && forget(), forget);
    return asked;
  };
}

function isLasting([command = '', ...rest]: readonly string[], { network }: GitOptions): boolean {
  if (network === true) return false;
  if (command === 'rev-parse') return /^[0-9a-f]{40,64}(\^1)?\^\{tree\}$/u.test(rest.at(-1) ?? '');
  return lasting.has(command);
}

function isStream(input: GitOptions['input']): input is AsyncIterable<string> {
  return typeof input === 'object' && Symbol.asyncIterator in input;
}
