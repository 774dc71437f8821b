/** Commit statuses: the verdict stands beside the commit that was judged, as `siskin/<namespace>/<name>`. */
import type { OutboxEntry } from '../api/canary-status.ts';
import { parseManifestRepository } from '../api/parse.ts';
import { ForgeError } from '../forge/port.ts';
import { effectiveMode, providerOf } from './forge-access.ts';
import type { Model } from './model.ts';
import { postpone, settle } from './outbox.ts';
import type { Ports } from './ports.ts';
import { accessFor } from './repository.ts';
import type { GitSettings } from './spec-model.ts';
import { changeStatus } from './status.ts';

/** A status is a courtesy: after so many tries it is let go. */
const mostAttempts = 10;

/** Whether verdicts are told to the host at all. */
export function reportsStatus(git: GitSettings, ports: Pick<Ports, 'repositories'>): boolean {
  const object = ports.repositories.get({ name: git.repository });
  const parsed = object === undefined ? undefined : parseManifestRepository(object);
  if (parsed?.ok !== true) return false;
  const { spec } = parsed.value;
  const mode = effectiveMode(git, spec);
  const writes = mode !== 'Off' && mode !== 'DryRun' && spec.mode !== 'Off' && !spec.suspend;
  return writes && spec.secretRef !== undefined && providerOf(spec) !== undefined;
}

/** Never rejects for want of a right: a token that may only push is no failure of the release. */
export async function tellCommitStatus(
  model: Model,
  git: GitSettings,
  entry: OutboxEntry,
  ports: Ports,
): Promise<void> {
  const commit = judgedCommit(model, entry);
  try {
    const access = commit === undefined ? undefined : (await accessFor(model, git, ports)).forge;
    if (commit !== undefined && access !== undefined) {
      await ports.forge.setStatus(access, commit, {
        state: entry.event === 'Success' ? 'Success' : 'Failure',
        context: `siskin/${model.key.namespace}/${model.key.name}`,
        description: entry.text ?? '',
      });
    }
    await changeStatus(model.key, status => settle(status, [entry.id]), ports);
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    const { message: why, transient, retryAfterMs: wishMs } = error;
    ports.log.warn({ canary: model.key, commit, why }, 'the commit got no status');
    const now = ports.clock.now();
    const again = transient && entry.attempts + 1 < mostAttempts;
    await changeStatus(
      model.key,
      status =>
        again ? postpone(status, [entry.id], { now, error: why, wishMs }) : settle(status, [entry.id]),
      ports,
    );
    if (again) return;
    const note = `The commit that was judged got no status: ${why}`;
    ports.recordEvent(model.canary, { type: 'Warning', reason: 'CommitStatusFailed', note, runId: entry.id });
  }
}

/** Undefined where it is not known, or another run has taken the place of the judged one. */
function judgedCommit({ canary }: Model, { runId }: OutboxEntry): string | undefined {
  const { run, rollback } = canary.status;
  if (run?.id === runId && run?.git?.commit !== undefined) return run.git.commit;
  return rollback?.runId === runId ? rollback?.failed?.commit : undefined;
}
