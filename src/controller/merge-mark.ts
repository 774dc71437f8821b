/** Hosts move the branch first and say that the pull request is merged a moment later: in between nobody may close it. */
import type { ForgeAccess, PullRequest } from '../forge/port.ts';
import { sleep } from '../runtime/clock.ts';
import type { Ports } from './ports.ts';

/** A webhook makes Siskin look within this moment; Gitea sends the push's before it marks the pull request. */
const markedWithinMs = 3_000;

/** A pull request whose content is on the branch, once its host had time to mark it. Rejects as the forge does. */
export async function markedPull(
  access: ForgeAccess,
  number: number,
  { forge, clock }: Pick<Ports, 'forge' | 'clock'>,
): Promise<PullRequest> {
  const pull = await forge.get(access, number);
  if (pull.state !== 'Open') return pull;
  await sleep(clock, markedWithinMs);
  return forge.get(access, number);
}
