/** A push whose way to the server is open before there is anything to push: it is paid for while the commit is being made. */
import { classify, gitError } from './errors.ts';
import type { Git } from './git.ts';

/** One branch to move. */
export interface Update {
  readonly branch: string;
  /** The head that the server must have, '' for none. */
  readonly expected: string;
  readonly commit: string;
}

/** What became of it: `why` is the word of git or of the server, `stderr` all that they said. */
export interface Answer {
  readonly outcome: 'pushed' | 'refused' | 'unclear';
  readonly why: string;
  readonly stderr: string;
}

export interface OpenPush extends AsyncDisposable {
  /** At most once. Rejects with `GitError` when the server could not be asked. */
  send(update: Update): Promise<Answer>;
}

/** Git's word for a server that broke off before it reported. */
const unreported = 'expecting report';

/**
 * Git's own helper for HTTPS, driven as git itself drives it (gitremote-helpers(7): `option cas`, `list for-push`, `push`).
 * It has connected and listed the refs by the time that `send` needs it, which saves three round trips and
 * the start of its processes.
 * Where somebody pushes between the list and `send`, the list is stale and git refuses, as for a lost race. Whoever opens one
 * disposes of it, sent or not; nothing runs any more then. `timeoutMs` counts from `send` on.
 */
export function openPush(
  git: Git,
  { repository, timeoutMs }: { readonly repository: string; readonly timeoutMs: number },
): OpenPush {
  const unwanted = new AbortController();
  const rest = Promise.withResolvers<string>();
  async function* commands(): AsyncGenerator<string> {
    yield 'option progress false\noption verbosity 0\nlist for-push\n';
    yield await rest.promise;
  }
  const running = git(['remote-https', 'origin'], {
    network: true,
    timeoutMs,
    input: commands(),
    signal: unwanted.signal,
    codes: [0, 1, 128],
  });
  const over = running.then(
    () => undefined,
    () => undefined,
  );
  return {
    async send({ branch, expected, commit }) {
      const ref = `refs/heads/${branch}`;
      rest.resolve(`option cas ${ref}:${expected}\npush ${commit}:${ref}\n\n\n`);
      const { text, stderr, code } = await running;
      const [, word, why = ''] = lineOf(text, ref) ?? [];
      if (word === 'ok') return { outcome: 'pushed', why, stderr };
      if (word === 'error') return { outcome: why === unreported ? 'unclear' : 'refused', why, stderr };
      throw gitError(classify(stderr), {
        repository,
        detail: stderr || `git remote-https ended with code ${code}`,
      });
    },
    async [Symbol.asyncDispose]() {
      unwanted.abort();
      rest.resolve('');
      await over;
    },
  };
}

function lineOf(text: string, ref: string): readonly string[] | undefined {
  return text
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, name]) => name === ref)
    .map(([word = '', name = '', ...why]) => [name, word, why.join(' ')] as const)
    .find(([, word]) => word === 'ok' || word === 'error');
}
