/** Promotion to another environment, as the Git port offers it: one commit that writes a version into files which are there. */
import type { YamlEdit } from './edit/edit.ts';
import type { RepositoryAccess } from './port.ts';

/** The verdicts of a promotion. `Refused` and `LimitReached` may end otherwise later, the others are final. */
export type PromotionVerdict =
  | 'Promoted'
  /** It is on the branch of the pull request. */
  | 'Proposed'
  /** It is in the branch already, by this promotion or by anybody else. */
  | 'AlreadyPromoted'
  /** The target got a later promotion. */
  | 'Superseded'
  /** This version was promoted to the target before, and reverted there. */
  | 'Held'
  /** The edit cannot be made, or would change what it may not. */
  | 'Refused'
  | 'LimitReached'
  /** `mayPush` says no. */
  | 'NotPermitted';

export interface FileEdit {
  /** A file, or for `kustomize` also the folder that holds a kustomization. */
  readonly path: string;
  readonly edit: YamlEdit;
}

export interface PromotionRequest {
  readonly repository: RepositoryAccess;
  readonly branch: string;
  readonly edits: readonly FileEdit[];
  readonly canary: { readonly namespace: string; readonly name: string };
  /** Name of the target in `spec.promotion`. */
  readonly target: string;
  /** Deterministic id; becomes the trailer `Promotion-Id`. */
  readonly promotionId: string;
  readonly revision: string;
  /** First line of the commit's message. */
  readonly subject: string;
  /** The "why"; becomes the commit's body. */
  readonly reason: string;
  /** When the revision was promoted at home, ms since the epoch: a target never goes back to an earlier one. */
  readonly promotedAt: number;
  /** When it became due, ms since the epoch: the commit's date, the same for every replica. */
  readonly dueAt: number;
  readonly promotionsPerHour: number;
  readonly mode: 'DryRun' | 'Commit' | 'PullRequest';
  /** For `PullRequest`: the branch of ours, and when it is brought up to date. */
  readonly proposal?: { readonly branch: string; readonly refresh: 'Needed' | 'Always' };
  /** Read right before the push. */
  readonly mayPush: () => Promise<
    { readonly allowed: true } | { readonly allowed: false; readonly why: string }
  >;
}

export interface PromotionResult {
  readonly verdict: PromotionVerdict;
  /** One sentence for people. */
  readonly message: string;
  /** For `Proposed` the tip of the pull request's branch. */
  readonly commit?: string;
  /** For `Proposed`: that branch was moved. */
  readonly moved?: boolean;
  /** Files that the commit changes. */
  readonly files: readonly string[];
}
