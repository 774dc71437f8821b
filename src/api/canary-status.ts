/** The status of a Canary: Flagger's fields, and all that must survive a crash of the operator. */
import { z } from 'zod';
import { Conditions } from './condition.ts';
import { filled, list, map, percent, text, timestamp } from './fields.ts';
import {
  CanaryRunStatus,
  gitScope,
  images,
  message,
  objectId,
  RollbackStatus,
  revision,
} from './run-status.ts';
import { statusLimits } from './status-limits.ts';

export const CanaryPhase = z.enum([
  'Initializing',
  'Initialized',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Succeeded',
  'Failed',
  'Terminating',
]);
export type CanaryPhase = z.infer<typeof CanaryPhase>;

const Target = z.object({
  uid: filled(64).describe('UID of the target.'),
  generation: z.int().min(0).describe('Its generation.'),
  revision: revision().describe('The revision of that generation.'),
});

const Promoted = z.object({
  revision: revision().describe('The revision that serves users.'),
  at: timestamp().describe('When it was promoted.'),
  images: images().exactOptional().describe('Its container images, by container name.'),
  git: z
    .object({
      repository: text(253).exactOptional().describe('Name of the ManifestRepository.'),
      ...gitScope,
      head: objectId()
        .exactOptional()
        .describe(
          'Head of the branch when the revision was detected, or the commit which the agent applied.',
        ),
      commit: objectId().exactOptional().describe('Last commit that changed the path.'),
      tree: objectId().exactOptional().describe('Tree of the path.'),
    })
    .exactOptional()
    .describe('Where its manifests stand in Git; what a rollback returns to.'),
});

const Quarantined = z.object({
  revision: revision().describe('A revision that failed and gets no traffic again.'),
  at: timestamp().describe('When it failed.'),
  reason: message().describe('Why.'),
});

const Watch = z.object({
  until: timestamp().describe('When the watch ends.'),
  dueAt: timestamp().describe('When the next check is due.'),
  failures: z.int().min(0).describe('Failed checks so far.'),
});

const Diverged = z.object({
  revision: revision().describe('The failed revision that Git asks for.'),
  since: timestamp().describe('Since when.'),
  toldAt: timestamp().exactOptional().describe('When people were told that it takes too long.'),
});

const Notification = z.object({
  provider: filled(317).describe('The AlertProvider, as namespace/name.'),
  runId: filled(128).describe('The run of which the message tells.'),
  channel: text(256).describe('Channel of the message.'),
  ts: text(64).describe("The provider's identity of the message."),
  steps: z.int().min(0).describe('How many steps of the run are in its thread.'),
});

const Promotion = z.object({
  target: filled(63).describe('Name of the target in `spec.promotion`.'),
  id: filled(253).describe('Identity of the promotion; the trailer `Promotion-Id` of its commit.'),
  revision: revision().describe('The revision that is promoted.'),
  state: z
    .enum(['Soaking', 'Waiting', 'Pending', 'Proposed', 'Promoted', 'DryRun', 'Superseded', 'Held', 'Failed'])
    .describe(
      'How far it is. `Waiting` is for a time window or a limit, `Held` is final, `Failed` is tried again now and then.',
    ),
  promotedAt: timestamp().describe('When the revision was promoted here.'),
  dueAt: timestamp().describe('When it is or was to be written; the date of its commit.'),
  message: message().exactOptional().describe('The same for people.'),
  commit: objectId().exactOptional().describe('The commit; for a dry run the one that would be pushed.'),
  files: list(text(256), statusLimits.promotionFiles)
    .exactOptional()
    .describe('Files that the commit changes, the first ones.'),
  pullRequest: z
    .object({
      repository: text(253).describe('Name of the ManifestRepository.'),
      number: z.int().min(0).describe('Its number.'),
      url: text(512).describe('Its page.'),
      head: text(64).describe('Tip of its branch.'),
      autoMerge: z.boolean().exactOptional().describe('The host was asked to merge that tip.'),
      hookAt: timestamp()
        .exactOptional()
        .describe('The `lastHookAt` of the ManifestRepository at the last look.'),
    })
    .exactOptional()
    .describe('The pull request that asks for it.'),
});

const OutboxEntry = z.object({
  id: filled(256).describe('Identity of the entry.'),
  kind: z
    .enum(['alert', 'position', 'revert', 'close', 'status', 'promotion', 'suspend'])
    .describe('What is to be done.'),
  provider: text(317).exactOptional().describe('The AlertProvider, as namespace/name.'),
  severity: z.enum(['info', 'warn', 'error']).exactOptional().describe('Severity of an alert.'),
  event: text(256).exactOptional().describe('What the alert tells of.'),
  runId: text(128).exactOptional().describe('The run that it belongs to.'),
  text: message().exactOptional().describe('The sentence that the alert tells, or the comment.'),
  pullRequest: z.int().min(1).exactOptional().describe('The pull request that is to be closed.'),
  createdAt: timestamp().describe('When it was put in.'),
  attempts: z.int().min(0).describe('Number of tries so far.'),
  nextAttemptAt: timestamp().exactOptional().describe('When the next try is due.'),
  blockedBy: text(256)
    .exactOptional()
    .describe(
      'Versions of the objects with which the last try could not succeed; the next one follows as soon as they change.',
    ),
  lastError: message().exactOptional().describe('Why the last try failed.'),
});

export const CanaryStatus = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .exactOptional()
    .describe('The generation of the spec that this status speaks of.'),
  phase: CanaryPhase.exactOptional().describe('Where the Canary is.'),
  reason: text(256).exactOptional().describe('Why it is there, one word for programs.'),
  message: message().exactOptional().describe('Why it is there, one sentence for people.'),
  canaryWeight: percent()
    .exactOptional()
    .describe('Percent of the traffic that the canary gets, rounded up; `run.weight` is exact.'),
  failedChecks: z.int().min(0).exactOptional().describe('Failed checks of the run.'),
  iterations: z.int().min(0).exactOptional().describe('Blue/green iterations of the run.'),
  lastTransitionTime: timestamp().exactOptional().describe('When the phase changed last.'),
  lastAppliedSpec: text(128).exactOptional().describe('The revision that was seen last.'),
  lastPromotedSpec: text(128).exactOptional().describe('The revision that was promoted last.'),
  trackedConfigs: map(text(128), statusLimits.trackedConfigs)
    .exactOptional()
    .describe('Checksums of ConfigMaps and Secrets which the target uses, by kind and name.'),
  sessionAffinityCookie: text(1024).exactOptional().describe("The run's cookie for users of the canary."),
  primarySessionAffinityCookie: text(1024)
    .exactOptional()
    .describe("The run's cookie for users of the primary."),
  previousSessionAffinityCookie: text(1024).exactOptional().describe('The cookie of the run before.'),
  conditions: Conditions.exactOptional().describe(
    '`Ready`, `Reconciling`, `Stalled` and `Promoted`; after a failure `GitConverged`, and `GitReady` and `AlertsReady` once something did not answer.',
  ),
  target: Target.exactOptional().describe('The target as it was last seen.'),
  run: CanaryRunStatus.exactOptional().describe('The present run, or the last one.'),
  promoted: Promoted.exactOptional().describe('What serves users.'),
  quarantine: list(Quarantined, statusLimits.quarantine)
    .exactOptional()
    .describe('Revisions that failed, oldest first.'),
  rollback: RollbackStatus.exactOptional().describe('The repair of Git after the last failed run.'),
  previous: Promoted.exactOptional().describe(
    'What served users before; present while the primary keeps its template, so that the promotion can be undone.',
  ),
  watch: Watch.exactOptional().describe('The watch over the promoted release, while it lasts.'),
  followed: text(512)
    .exactOptional()
    .describe('The annotation `siskin.dev/rollback` that was followed last; each value counts once.'),
  reverts: list(timestamp(), statusLimits.reverts)
    .exactOptional()
    .describe('When reverts were pushed within the last day, oldest first; what the limits count.'),
  diverged: Diverged.exactOptional().describe(
    'Present while Git asks for a revision that failed and gets no traffic.',
  ),
  promotions: list(Promotion, statusLimits.promotions)
    .exactOptional()
    .describe('The promotions to the next environments, the latest one for each target.'),
  notifications: list(Notification, statusLimits.notifications)
    .exactOptional()
    .describe('Messages which are updated as a run goes on.'),
  outbox: list(OutboxEntry, statusLimits.outbox)
    .exactOptional()
    .describe('What is still to be told or written, oldest first.'),
});
export type CanaryStatus = z.infer<typeof CanaryStatus>;
export type PromotionStatus = z.infer<typeof Promotion>;
export type QuarantinedRevision = z.infer<typeof Quarantined>;
export type NotificationStatus = z.infer<typeof Notification>;
export type OutboxEntry = z.infer<typeof OutboxEntry>;
