/** `spec.promotion`: where a revision that passed is written next. */
import { z } from 'zod';
import { durationBetween, filled, list, localRef, namespaceName, objectName } from './fields.ts';
import { branchName, repositoryPath } from './rollback.ts';
import { withRule } from './rule.ts';
import { statusLimits } from './status-limits.ts';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

function timeOfDay() {
  return filled(5).regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be a time such as 09:30');
}

const windowFields = z.object({
  days: list(z.enum(days), 7)
    .min(1)
    .default([...days])
    .describe('Days of the week on which it opens.'),
  from: timeOfDay().describe('When it opens, on the clock of the time zone.'),
  to: timeOfDay().describe('When it closes; on the next day where it is earlier than `from`.'),
  timeZone: filled(64)
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, 'must be a time zone such as Europe/Paris')
    .refine(isTimeZone, { message: 'must be a time zone of the IANA database, such as Europe/Paris' })
    .default('UTC')
    .describe('Time zone of the IANA database; its summer time is followed.'),
});

const PromotionWindow = withRule(windowFields, {
  cel: 'self.from != self.to',
  message: 'to must differ from from',
  check: ({ from, to }) => from !== to,
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const KustomizeEdit = z.object({
  path: repositoryPath().describe('A kustomization file, or the folder that holds one.'),
  image: filled(255)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/, 'must be the name of an image without tag and digest')
    .describe('`name` of the entry in `images`; its `newName` stays.'),
});

const YamlEdit = z.object({
  path: repositoryPath().describe('A YAML file, such as the values of a Helm chart.'),
  key: filled(512)
    .regex(
      /^([^.[\]"\s]+|\[[0-9]{1,4}\]|\["[^"\\\p{Cc}]+"\])(\.[^.[\]"\s]+|\[[0-9]{1,4}\]|\["[^"\\\p{Cc}]+"\])*$/u,
      'must be a path such as image.tag, images[0].tag or labels["app.kubernetes.io/version"]',
    )
    .describe('Path of the value in the file.'),
});

const ManifestEdit = z.object({
  path: repositoryPath().describe('A file of manifests.'),
  kind: filled(63)
    .regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a kind such as Deployment')
    .describe('Kind of the object.'),
  name: objectName().describe('Name of the object.'),
  container: namespaceName().describe(
    "Name of the container whose image is written; the image's repository stays.",
  ),
});

const updateFields = z.object({
  kustomize: KustomizeEdit.exactOptional().describe('An entry of `images` in a kustomization.'),
  yaml: YamlEdit.exactOptional().describe('Any value of a YAML file.'),
  manifest: ManifestEdit.exactOptional().describe('The image of a container in a manifest.'),
  write: z
    .enum(['Tag', 'Digest', 'TagAndDigest', 'Image'])
    .default('Tag')
    .describe(
      'Which part of the image that passed: its tag, the digest that its pods run, both, or, for `yaml` only, the whole reference.',
    ),
  fromContainer: namespaceName()
    .exactOptional()
    .describe(
      "The container of the target whose image it is; when unset the only one, or the one with the edit's image or container name.",
    ),
});

const exactlyOne = withRule(updateFields, {
  cel: '[has(self.kustomize), has(self.yaml), has(self.manifest)].filter(set, set).size() == 1',
  message: 'set exactly one of kustomize, yaml and manifest',
  check: ({ kustomize, yaml, manifest }) =>
    [kustomize, yaml, manifest].filter(edit => edit !== undefined).length === 1,
});

const PromotionUpdate = withRule(exactlyOne, {
  cel: "self.write != 'Image' || has(self.yaml)",
  message: 'write can be Image for yaml only',
  check: ({ write, yaml }) => write !== 'Image' || yaml !== undefined,
});

const targetFields = z.object({
  name: namespaceName().describe('Name of the target, such as `production`.'),
  repositoryRef: localRef('ManifestRepository').describe('The repository that is written.'),
  branch: branchName().exactOptional().describe("Branch that is written; the repository's own when unset."),
  updates: list(PromotionUpdate, 8).min(1).describe('What is written, all of it in one commit.'),
  strategy: z
    .enum(['Commit', 'PullRequest'])
    .default('Commit')
    .describe(
      '`Commit` pushes to the branch, `PullRequest` asks for it and keeps at most one open per target.',
    ),
  soak: durationBetween('0s', '720h')
    .default('0s')
    .describe('How long the revision must have served users here first.'),
  windows: list(PromotionWindow, 14).default([]).describe('When it may be written; at any time when empty.'),
  autoMerge: z
    .boolean()
    .default(false)
    .describe('Ask the host to merge the pull request as soon as its own rules allow.'),
});

const PromotionTarget = withRule(targetFields, {
  cel: "!self.autoMerge || self.strategy == 'PullRequest'",
  message: 'autoMerge needs the strategy PullRequest',
  check: ({ autoMerge, strategy }) => !autoMerge || strategy === 'PullRequest',
});
export type PromotionTarget = z.infer<typeof PromotionTarget>;

export const CanaryPromotion = withRule(list(PromotionTarget, statusLimits.promotions), {
  cel: 'self.all(target, self.filter(other, other.name == target.name).size() == 1)',
  message: 'name must be unique among the targets',
  check: targets => new Set(targets.map(({ name }) => name)).size === targets.length,
});
