/** `spec.rollback`: what follows in Git when a revision has failed. */
import { z } from 'zod';
import { durationBetween, filled, localRef, objectName } from './fields.ts';
import { CanaryMetrics } from './metric.ts';
import { withRule } from './rule.ts';

/** The name of a branch: a safe part of what Git allows, so that none can be read as an option or a refspec. */
export function branchName() {
  return filled(244).regex(
    /^[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_-]+)*$/,
    'must be the short name of a branch, such as main or env/prod',
  );
}

/** A path inside a repository, relative to its root. */
export function repositoryPath() {
  return withRule(
    filled(1024).regex(
      /^[^\p{Cc}\\:*?[\]]+$/u,
      'must not contain control characters, backslashes, colons or wildcards',
    ),
    {
      cel: "self.split('/').all(part, !(part in ['', '.', '..', '.git']))",
      message:
        "must be relative to the repository's root, without a slash at either end and without the parts ., .. and .git",
      check: path => path.split('/').every(part => !['', '.', '..', '.git'].includes(part)),
    },
  );
}

const Limits = z.object({
  perHour: z.int().min(0).max(1000).default(5).describe('Reverts for this Canary in any hour.'),
  perDay: z.int().min(0).max(1000).default(20).describe('Reverts for this Canary in any 24 hours.'),
});

const GitRollback = z.object({
  repositoryRef: localRef('ManifestRepository').describe('The repository that holds the manifests.'),
  path: repositoryPath()
    .exactOptional()
    .describe(
      "Folder or file of the workload's manifests, relative to the repository's root; where Flux or Argo CD applied the workload, or CI stamped it, that tells when unset, and else it is looked for in the repository.",
    ),
  branch: branchName().exactOptional().describe("Branch that is deployed; the repository's own when unset."),
  convergeWithin: durationBetween('1s', '168h')
    .default('15m')
    .describe(
      'How long Git may ask for a revision that failed, from `1s` to `168h`, before people are told (`GitDiverged`), once.',
    ),
  limits: Limits.prefault({}).describe(
    'What is beyond is held; the repository and the operator have limits of their own.',
  ),
  mode: z
    .enum(['Off', 'DryRun', 'Commit', 'PullRequest', 'Auto'])
    .default('Commit')
    .describe(
      '`Off` leaves Git alone, `DryRun` reports the revert without pushing it, `Commit` pushes it, `PullRequest` asks for it, `Auto` pushes it where the branch allows it and asks otherwise.',
    ),
  scope: z
    .enum(['Paths', 'Commit'])
    .default('Paths')
    .describe(
      '`Paths` undoes what the failed change did below `path`; other applications of the same commit keep their release. `Commit` undoes the commits that changed `path` as a whole, where the ManifestRepository allows it.',
    ),
  onConflict: z
    .enum(['PullRequest', 'Restore', 'Hold'])
    .default('Hold')
    .describe(
      'What follows where later commits changed the same lines: `Hold` writes nothing and tells; `Restore` brings these files back to what was promoted, and the later edits are lost; `PullRequest` asks for that.',
    ),
  delay: durationBetween('0s', '24h')
    .default('0s')
    .describe(
      'How long the revert waits after the traffic is back. When a newer revision is promoted meanwhile, or writing is switched off, there is none.',
    ),
});

const Watch = z.object({
  for: durationBetween('1s', '168h').describe(
    'How long a promoted release is judged, from `1s` to `168h`, or until the next run starts.',
  ),
  interval: durationBetween('1s', '24h')
    .default('1m')
    .describe('Time between two checks, from `1s` to `24h`.'),
  threshold: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('Failed checks, all together, at which the promotion is undone.'),
  metrics: CanaryMetrics.min(1).describe(
    "The checks. Built-in ones measure the primary; templates read the primary's name as `{{ target }}`.",
  ),
});

const Quarantine = z.object({
  for: durationBetween('1s', '8760h')
    .exactOptional()
    .describe(
      'How long, from `1s` to `8760h`; without end when unset. Afterwards the revision is tried again where Git still asks for it.',
    ),
});

const ImageAutomation = z.object({
  kind: z
    .enum(['ImageUpdateAutomation', 'ImagePolicy'])
    .default('ImageUpdateAutomation')
    .describe('Kind of the object, of `image.toolkit.fluxcd.io/v1`.'),
  name: objectName().describe("Name of the object, in the Canary's namespace."),
});

export const CanaryRollback = z.object({
  suspend: ImageAutomation.exactOptional().describe(
    "What of Flux's image automation is suspended when a revert is owed, so that it does not commit the failed tag again; a person resumes it. Needs `deploy/components/image-automation`.",
  ),
  quarantine: Quarantine.exactOptional().describe('How long a revision that failed gets no traffic.'),
  watch: Watch.exactOptional().describe(
    'Goes on judging what was promoted, and undoes the promotion when it turns out bad. A check without an answer undoes nothing.',
  ),
  git: GitRollback.exactOptional().describe(
    'The revert of the change that failed. Nothing is written to Git when unset.',
  ),
});
