/** Rules 5 and 8: the order of a rollback, and what it does to Git. */
import { Canaries, Deployments, HttpRoutes } from '../../../src/api/resources.ts';
import { replicasOf } from '../deployments.ts';
import { weightsOf } from '../gateway.ts';
import type { Commit, History } from '../history.ts';
import { canaryOf, isAvailable, replay, statusOf } from './replay.ts';

/** Traffic, then status, then scale, then Git and notifications. */
export function inOrder(history: History): string[] {
  const failed = new Set<string>();
  const before = new Map<string, string>();
  return replay(history, ({ entry, get }, complain) => {
    if (entry.type === 'object' && entry.change.resource.plural === Canaries.plural) {
      const { object } = entry.change;
      const key = object.metadata;
      const { phase, run } = statusOf(object);
      const was = before.get(key.name);
      before.set(key.name, phase ?? '');
      if (phase !== 'Failed' || was === 'Failed') return;
      failed.add(run?.revision ?? '');
      const route = get(HttpRoutes, key);
      const primary = get(Deployments, { ...key, name: `${key.name}-primary` });
      const share = weightsOf(route)?.canary ?? 0;
      if (share > 0 && isAvailable(primary))
        complain(`the status says Failed while the canary gets ${share} %`);
    }
    if (entry.type === 'write' && entry.resource.plural === Deployments.plural) {
      if (replicasOf(entry.after) !== 0 || replicasOf(entry.before) === 0) return;
      const { phase = 'none' } = statusOf(canaryOf(get, entry.key));
      if (!['Initialized', 'Failed', 'Succeeded'].includes(phase))
        complain(`${entry.key.name} is scaled to zero while the status says ${phase}`);
    }
    if (entry.type === 'commit' && entry.commit.author === 'siskin' && failed.size === 0)
      complain('a revert stands in Git before any status says Failed');
    if (entry.type === 'alert' && entry.title.startsWith('Rolled back') && failed.size === 0)
      complain('people hear of a rollback before any status says Failed');
  });
}

/** At most one revert for each failed commit, only ever of users' changes, and never by force. */
export function revertsOnce(history: History): string[] {
  const commits: Commit[] = [];
  return replay(history, ({ entry }, complain) => {
    if (entry.type !== 'commit') return;
    const { commit } = entry;
    const head = commits.at(-1);
    if (head !== undefined && commit.parent !== head.id) complain('the branch was forced');
    if (commit.author === 'siskin') {
      const undone = commits.find(other => other.id === commit.rollbackOf);
      if (undone === undefined) complain('a revert names no commit of the branch');
      if (undone?.author === 'siskin') complain('our own revert was reverted');
      if (commits.some(other => other.rollbackOf === commit.rollbackOf))
        complain('one commit was reverted twice');
    }
    commits.push(commit);
  });
}

/** Only what failed is reverted: the image that a revert takes out of Git had its verdict. */
export function revertsFailures(history: History): string[] {
  const failed = new Set<string>();
  const images = new Map<string, string>();
  return replay(history, ({ entry }, complain) => {
    if (entry.type === 'object' && entry.change.resource.plural === Canaries.plural) {
      const { phase, run } = statusOf(entry.change.object);
      if (phase === 'Failed') failed.add(Object.values(run?.images?.to ?? {})[0] ?? '');
    }
    if (entry.type !== 'commit') return;
    const { commit } = entry;
    images.set(commit.id, commit.image);
    if (commit.author !== 'siskin') return;
    const undone = images.get(commit.rollbackOf ?? '') ?? '';
    if (!failed.has(undone)) complain(`${undone} was reverted and never failed`);
  });
}
