/** `status.run` and `status.rollback`: one revision's story and, when it failed, its repair in Git. */
import { z } from 'zod';
import { filled, list, map, percent, share, text, timestamp } from './fields.ts';
import { statusLimits } from './status-limits.ts';

/** Hash of a pod template. */
export function revision() {
  return filled(128);
}

export function message() {
  return text(statusLimits.message);
}

/** Container images by container name. */
export function images() {
  return map(text(512), statusLimits.images);
}

/** Full name of a commit or tree. */
export function objectId() {
  return text(64);
}

const Verdict = z.object({
  at: timestamp().describe('When the deciding sample was taken.'),
  check: filled(253).describe('The check.'),
  value: text(256).exactOptional().describe('What it measured.'),
  limit: text(256).exactOptional().describe('What would have passed.'),
  kind: z.enum(['Pass', 'Fail', 'Inconclusive', 'NoData', 'Error']).describe('The verdict.'),
});

/** Which part of the repository a place speaks of, and who says so. */
export const gitScope = {
  branch: text(244).exactOptional().describe('Branch.'),
  path: text(1024).exactOptional().describe('Path of the manifests.'),
  also: list(text(512), statusLimits.also)
    .exactOptional()
    .describe('Other paths that the manifests are made from, such as bases, components and value files.'),
  evidence: text(1024)
    .exactOptional()
    .describe(
      'What told it, such as a Kustomization of Flux or an Application of Argo CD with its revision; unset where the spec did.',
    ),
  confidence: z
    .enum(['High', 'Medium', 'Low'])
    .exactOptional()
    .describe(
      '`High` where the agent confirms it, `Medium` where parts of what it applied come from elsewhere or nobody confirms the claim, `Low` where it was found by looking.',
    ),
};

const GitPlace = z.object({
  head: objectId().describe('Head of the branch, or the commit which the agent applied.'),
  commit: objectId().describe('Last commit that changed the path.'),
  tree: objectId().describe('Tree of the path.'),
  ...gitScope,
});

const RunGit = z.object({
  state: z.enum(['Pending', 'Recorded', 'Failed']).describe('Whether the position in Git is known.'),
  head: objectId()
    .exactOptional()
    .describe('Head of the branch when the run started, or the commit which the agent applied.'),
  commit: objectId().exactOptional().describe('Last commit that changed the path.'),
  tree: objectId().exactOptional().describe('Tree of the path.'),
  ...gitScope,
  message: message().exactOptional().describe('Why it is not known.'),
});

const CheckEvidence = z.object({
  name: filled(63).describe('The check.'),
  outcome: z.enum(['Pass', 'Fail', 'Inconclusive', 'NoData', 'Error']).describe('What it says so far.'),
  message: text(512).describe('The same for people.'),
  state: text(statusLimits.checkState)
    .exactOptional()
    .describe(
      'Counts and evidence so far, and the boundary up to which samples were judged; no business of readers.',
    ),
});
export type CheckEvidence = z.infer<typeof CheckEvidence>;

const Evidence = z.object({
  pollAt: timestamp().describe('When new samples are expected.'),
  until: timestamp().exactOptional().describe('Up to when the samples were judged.'),
  scrapeSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .exactOptional()
    .describe('Seconds between two samples, as the data shows.'),
  requestsPerSecond: z
    .number()
    .min(0)
    .exactOptional()
    .describe('Requests to both sides in the last minute, per second.'),
  allowedWeight: share()
    .exactOptional()
    .describe('Percent of the requests that the impact budget allows the canary.'),
  checks: list(CheckEvidence, statusLimits.checks).describe('The checks in the order of the spec.'),
});
export type RunEvidence = z.infer<typeof Evidence>;

const RunStep = z.object({
  at: timestamp().describe('When it happened.'),
  text: message().describe('What happened, for people.'),
  weight: share().exactOptional().describe('Percent of the requests that the canary gets from then on.'),
});

export const CanaryRunStatus = z.object({
  id: filled(128).describe('Identity of the run.'),
  revision: revision().describe('The revision that is judged.'),
  fromRevision: revision().exactOptional().describe('The revision that serves users.'),
  startedAt: timestamp().describe('When the revision was detected.'),
  weightAt: timestamp().exactOptional().describe("When the run's canary got its first traffic."),
  stepAt: timestamp().exactOptional().describe('When the present step began.'),
  dueAt: timestamp().exactOptional().describe('When the next decision is due.'),
  readyBy: timestamp().exactOptional().describe('When the pods must be ready.'),
  step: z.int().min(0).max(100_000).exactOptional().describe('Index of the present step, from 0.'),
  weight: share()
    .exactOptional()
    .describe(
      'Percent of the requests that the canary gets, where that is no whole number; `canaryWeight` is rounded up.',
    ),
  plannedWeight: percent()
    .exactOptional()
    .describe(
      'Percent of the requests that the present step would give the canary, were there no impact budget.',
    ),
  undecidedSince: timestamp().exactOptional().describe('Since when the checks give no answer.'),
  undecidedKind: z.enum(['noData', 'error', 'inconclusive']).exactOptional().describe('Why they give none.'),
  images: z
    .object({
      from: images().exactOptional().describe('Images of the primary.'),
      to: images().exactOptional().describe('Images of the canary.'),
    })
    .exactOptional()
    .describe('Container images, by container name.'),
  verdict: Verdict.exactOptional().describe('The sample that decided.'),
  evidence: Evidence.exactOptional().describe('What `analysis.checks` know so far.'),
  git: RunGit.exactOptional().describe("Where the manifests' path stood in Git when the run started."),
  retry: text(256).exactOptional().describe('The annotation `siskin.dev/retry` that started the run.'),
  steps: list(RunStep, statusLimits.steps).exactOptional().describe('What happened so far, oldest first.'),
});
export type CanaryRunStatus = z.infer<typeof CanaryRunStatus>;

const PullRequestStatus = z.object({
  number: z.int().min(1).describe('Its number.'),
  url: text(2048).describe('Its address, for people.'),
  state: z.enum(['Open', 'Merged', 'Closed']).describe('Whether it is open.'),
  branch: text(244).describe('The branch that it is from.'),
  head: objectId().describe('Tip of that branch.'),
  autoMerge: z.boolean().exactOptional().describe('Whether the host was asked to merge it.'),
  hookAt: timestamp()
    .exactOptional()
    .describe('The `lastHookAt` of the ManifestRepository at the last look.'),
  note: message().exactOptional().describe('What the host refused of labels, reviewers or auto-merge.'),
});

export const RollbackStatus = z.object({
  id: filled(128).describe('Identity of the rollback; the trailer `Rollback-Id` of its commit.'),
  runId: filled(128).describe('The run that failed.'),
  revision: revision().describe('The revision that failed.'),
  state: z.enum(['Pending', 'Done', 'Held', 'Off']).describe('How far the repair of Git is.'),
  verdict: z
    .enum([
      'Reverted',
      'AlreadyReverted',
      'Superseded',
      'Conflict',
      'NotCausedByGit',
      'HistoryRewritten',
      'ScopeViolation',
      'Held',
    ])
    .exactOptional()
    .describe('How the repair ended.'),
  message: message().exactOptional().describe('The same for people.'),
  toRevision: revision()
    .exactOptional()
    .describe('The revision that serves users after it; once another one is promoted, Git is left alone.'),
  startedAt: timestamp().exactOptional().describe('When the run started: later commits are not its doing.'),
  decidedAt: timestamp().describe('When the run failed.'),
  reason: message().describe("The why; the body of the revert's message."),
  failed: GitPlace.exactOptional().describe('Where the failed revision stands in Git.'),
  good: GitPlace.exactOptional().describe('Where the revision that serves users stands in Git.'),
  failedCommit: objectId().exactOptional().describe('The commit that is reverted.'),
  goodCommit: objectId().exactOptional().describe('The commit whose state is restored.'),
  commit: objectId().exactOptional().describe('The revert; for a dry run the commit that would be pushed.'),
  convergedAt: timestamp().exactOptional().describe('When the target held the promoted revision again.'),
  pullRequest: PullRequestStatus.exactOptional().describe('The pull request that asks for the revert.'),
  attempts: z.int().min(0).exactOptional().describe('Number of tries so far.'),
  nextAttemptAt: timestamp().exactOptional().describe('When the next try is due.'),
  lastError: message().exactOptional().describe('Why the last try failed.'),
  files: list(text(512), statusLimits.files)
    .exactOptional()
    .describe('Paths that the revert changes, the first ones.'),
});
export type RollbackStatus = z.infer<typeof RollbackStatus>;
