/** The other environments' branches, in memory: what Siskin promotes there, in the order of questions of the real plan. */
import { createHash } from 'node:crypto';
import type { PromotionRequest, PromotionResult } from '../../src/git/promotion.ts';
import type { World } from './world.ts';

export interface Promotion {
  readonly id: string;
  readonly commit: string;
  readonly target: string;
  /** What was written: the values, one after the other. */
  readonly version: string;
  readonly promotedAt: number;
  /** When the commit was made. */
  readonly at: number;
  reverted: boolean;
}

export interface Environments {
  readonly promotions: readonly Promotion[];
  /** Branches of pull requests: what their merge brings. */
  readonly branches: ReadonlyMap<string, Promotion>;
  /** As a person merges the pull request of this branch. */
  merge(branch: string): string;
  /** The file is such that it cannot be edited. */
  broken: boolean;
  /** Somebody reverts the last promotion to a target. */
  revert(target: string): void;
  promote(request: PromotionRequest): Promise<PromotionResult>;
}

export function createEnvironments(world: World): Environments {
  const promotions: Promotion[] = [];
  const branches = new Map<string, Promotion>();
  const environments: Environments = {
    promotions,
    branches,
    merge(branch) {
      const made = branches.get(branch);
      if (made === undefined) throw new Error(`no branch ${branch}`);
      promotions.push(made);
      return made.commit;
    },
    broken: false,
    revert(target) {
      const last = promotions.findLast(promotion => promotion.target === target);
      if (last !== undefined) last.reverted = true;
    },
    async promote(request) {
      const version = request.edits.map(({ edit }) => JSON.stringify(edit)).join();
      const mine = promotions.filter(({ target }) => target === request.target);
      const done = mine.find(({ id }) => id === request.promotionId);
      if (done !== undefined)
        return { ...no('AlreadyPromoted', 'It is there already.'), commit: done.commit };
      if (mine.some(({ promotedAt }) => promotedAt > request.promotedAt))
        return no('Superseded', 'A later one is there.');
      if (environments.broken) return no('Refused', 'The file is not plain YAML.');
      if (mine.findLast(({ reverted }) => !reverted)?.version === version)
        return no('AlreadyPromoted', 'It is there already.');
      if (mine.some(other => other.version === version && other.reverted))
        return no('Held', 'It was reverted there.');
      const may = await request.mayPush();
      if (!may.allowed) return no('NotPermitted', may.why);
      const { promotionId: id, target, promotedAt, dueAt } = request;
      const commit = createHash('sha1')
        .update(JSON.stringify([id, version, dueAt, promotions.length]))
        .digest('hex');
      const made = { id, commit, target, version, promotedAt, at: world.clock.now(), reverted: false };
      if (request.mode === 'PullRequest') {
        const branch = request.proposal?.branch ?? '';
        const moved = branches.get(branch)?.version !== version;
        if (moved) branches.set(branch, made);
        const message = `Branch ${branch} holds it.`;
        const tip = branches.get(branch)?.commit ?? commit;
        return { verdict: 'Proposed', message, commit: tip, moved, files: [] };
      }
      promotions.push(made);
      return {
        verdict: 'Promoted',
        message: 'Written.',
        commit,
        files: ['apps/production/kustomization.yaml'],
      };
    },
  };
  return environments;
}

function no(verdict: PromotionResult['verdict'], message: string): PromotionResult {
  return { verdict, message, files: [] };
}
