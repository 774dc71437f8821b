/** What a branch says of earlier promotions: the trailers by which Siskin knows them, and whether one was reverted. */
import type { Git } from './git.ts';
import { isAncestor } from './objects.ts';

export interface OwnPromotion {
  readonly commit: string;
  readonly id: string;
  /** `namespace/name/target`: what the promotion is one of. */
  readonly line: string;
  /** Fingerprint of what was written. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly promotedAt: number;
  /** Milliseconds since the epoch, when the commit reached the branch at the earliest. */
  readonly committedAt: number;
}

export const promotionTrailers = {
  id: 'Promotion-Id',
  line: 'Promotion-Target',
  version: 'Promotion-Version',
  at: 'Promoted-At',
} as const;

/** A history longer than this is read only at its young end. */
const mostCommits = 20_000;

/** The promotions by Siskin in the history of `tip`, youngest first. Only the last paragraph of a message counts. */
export async function promotionsIn(git: Git, tip: string): Promise<OwnPromotion[]> {
  const { id, line, version, at } = promotionTrailers;
  const log = await git([
    'log',
    '--fixed-strings',
    `--grep=${id}: `,
    '-n',
    String(mostCommits),
    `--format=%H %ct%x00${[id, line, version, at].map(trailer).join('%x00')}`,
    tip,
    '--',
  ]);
  return log.text.split('\n').flatMap(row => {
    const [head = '', found = '', of = '', what = '', when = ''] = row.split('\0');
    const [, commit, seconds] = /^([0-9a-f]{40,64}) (\d+)$/u.exec(head) ?? [];
    if (commit === undefined || found.trim() === '') return [];
    const promotedAt = Date.parse(when.trim());
    return [
      {
        commit,
        id: found.trim(),
        line: of.trim(),
        version: what.trim(),
        promotedAt: Number.isNaN(promotedAt) ? 0 : promotedAt,
        committedAt: Number(seconds) * 1_000,
      },
    ];
  });
}

/** The commit of the branch's main line by which `commit` came into it: itself, or the merge of a pull request. */
async function arrivalOf(git: Git, commit: string, tip: string): Promise<string> {
  const path = await git([
    'rev-list',
    '--first-parent',
    '--ancestry-path',
    '--reverse',
    `${commit}..${tip}`,
    '--',
  ]);
  const [first = ''] = path.text.split('\n');
  if (first === '') return commit;
  const parent = await git(['rev-parse', '--verify', '--end-of-options', `${first}^1`]);
  return (await isAncestor(git, commit, parent.text)) ? commit : first;
}

/** The newest commit of `tip` that reverts `commit`, by Siskin, by git-revert(1) or by a host's button: all write this line. */
export async function revertOf(git: Git, commit: string, tip: string): Promise<string | undefined> {
  const arrival = await arrivalOf(git, commit, tip);
  const log = await git([
    'log',
    '-1',
    '--fixed-strings',
    `--grep=This reverts commit ${commit}`,
    `--grep=This reverts commit ${arrival}`,
    '--format=%H',
    `${commit}..${tip}`,
    '--',
  ]);
  return log.text === '' ? undefined : log.text;
}

function trailer(key: string): string {
  return `%(trailers:key=${key},valueonly,separator=%x2C)`;
}
