/** The spec and status of a ManifestRepository: what the platform team lets Siskin write, and where. */
import { z } from 'zod';
import { Conditions } from './condition.ts';
import { filled, list, localRef, timestamp } from './fields.ts';
import { branchName } from './rollback.ts';

/** No user name and password: a URL is shown in status, events and logs. The user of SSH is no secret. */
const urlPattern =
  /^(https:\/\/|ssh:\/\/([A-Za-z0-9_][A-Za-z0-9._-]*@)?)[A-Za-z0-9[][A-Za-z0-9.:\]-]*\/[^\s@?#\p{Cc}]+$/u;

/** What a commit's author line can hold. */
function identity(max: number) {
  return filled(max).regex(/^[^\s<>\p{Cc}]([^<>\p{Cc}]*[^\s<>\p{Cc}])?$/u, 'must not contain < or >');
}

export const ManifestRepositorySpec = z.object({
  url: filled(2048)
    .regex(
      urlPattern,
      'must be an https or ssh URL without a password, such as https://git.example.com/acme/manifests.git',
    )
    .describe('URL of the repository: `https://` without a user name, or `ssh://`.'),
  branch: branchName().default('main').describe('Branch that is deployed.'),
  secretRef: localRef('Secret')
    .exactOptional()
    .describe(
      "A Secret of the operator's namespace: `username` and `password`, or `bearerToken`, with `ca.crt`; or `identity`, `known_hosts` and `password` for SSH; or `githubAppID`, `githubAppInstallationID` and `githubAppPrivateKey`. The host's API is asked with the same, or with `apiToken`. `webhookSecret`, of 16 characters or more, is what webhooks are signed with.",
    ),
  provider: z
    .enum(['Gitea', 'GitHub', 'GitLab', 'Bitbucket', 'Azure'])
    .exactOptional()
    .describe(
      'Host of the repository, for pull requests and commit statuses; `Gitea` is Forgejo too. Known by itself for github.com, gitlab.com, bitbucket.org, dev.azure.com, codeberg.org and gitea.com.',
    ),
  apiUrl: filled(2048)
    .regex(
      /^https:\/\/[A-Za-z0-9[][A-Za-z0-9.:\]-]*(\/[^\s@?#\p{Cc}]*)?$/u,
      'must be an https URL without a password',
    )
    .exactOptional()
    .describe(
      "Base of the host's API where it is not at its usual place, such as `https://git.example.com/api/v1`.",
    ),
  pullRequest: z
    .object({
      branchPrefix: filled(64)
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9_-]*(\/[A-Za-z0-9_-]+)*\/?$/,
          'must be the beginning of a branch name, such as siskin/',
        )
        .default('siskin/')
        .describe("Beginning of the names of Siskin's branches."),
      labels: list(filled(128).regex(/^[^,\p{Cc}]+$/u, 'must not contain commas'), 16)
        .default([])
        .describe('Labels of the pull requests; they have to exist where the host makes none by itself.'),
      reviewers: list(filled(128).regex(/^[^\s\p{Cc}]+$/u, 'must not contain blanks'), 16)
        .default([])
        .describe(
          'Who is asked to review: user names; `org/team` for teams of GitHub; ids for Bitbucket and Azure DevOps.',
        ),
      autoMerge: z
        .boolean()
        .default(false)
        .describe("Ask the host to merge as soon as the branch's rules allow it."),
    })
    .prefault({})
    .describe('Pull requests that Siskin opens here.'),
  allow: z
    .object({
      namespaces: list(
        filled(63).regex(/^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$/, 'must be the name of a namespace, or *'),
        256,
      )
        .min(1)
        .describe('Namespaces whose Canaries may use the repository; `*` for every one.'),
      paths: list(filled(1024).regex(/^[^\\\p{Cc}]+$/u, 'must not contain backslashes'), 256)
        .min(1)
        .describe('Globs of the paths that may be written, relative to the root, such as `apps/**`.'),
      branches: list(branchName(), 64)
        .default([])
        .describe('Branches that a Canary may name besides `branch`.'),
    })
    .describe('Who may use the repository, and for what.'),
  commit: z
    .object({
      name: identity(128).default('Siskin').describe('Name of the author.'),
      email: identity(254).default('siskin@noreply.invalid').describe('Mail address of the author.'),
    })
    .prefault({})
    .describe('Author and committer of reverts and promotions.'),
  signing: z
    .object({
      format: z.enum(['SSH', 'OpenPGP']).describe('Kind of the key, and of the signature.'),
      secretRef: localRef('Secret').describe(
        "A Secret of the operator's namespace: `identity`, the private key, for SSH; `git.asc`, the armored private key, for OpenPGP; and `passphrase` where the key has one (for SSH `password` does as well).",
      ),
    })
    .exactOptional()
    .describe('Signs every commit. Commits are not signed when unset.'),
  mode: z
    .enum(['Off', 'DryRun', 'PullRequest', 'Commit'])
    .default('Commit')
    .describe(
      'The most that any Canary may do here, whatever its own `rollback.git.mode` says; with `PullRequest`, `Commit` and `Auto` ask too.',
    ),
  limits: z
    .object({
      revertsPerHour: z
        .int()
        .min(0)
        .max(1000)
        .default(10)
        .describe('Reverts in any hour; the ones beyond are held.'),
      promotionsPerHour: z
        .int()
        .min(0)
        .max(1000)
        .default(10)
        .describe('Promotions to the branch in any hour; the ones beyond wait.'),
      maxFiles: z
        .int()
        .min(1)
        .max(100)
        .default(20)
        .describe('Files that one revert or promotion may change.'),
    })
    .prefault({})
    .describe('Limits of what is written.'),
  suspend: z.boolean().default(false).describe('Write nothing to this repository; traffic still rolls back.'),
});
export type ManifestRepositorySpec = z.infer<typeof ManifestRepositorySpec>;

export const ManifestRepositoryStatus = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .exactOptional()
    .describe('The generation of the spec that this status speaks of.'),
  conditions: Conditions.exactOptional().describe('`Ready`: the repository can be reached and read.'),
  lastHookAt: timestamp()
    .exactOptional()
    .describe('When its host called the webhook last; what waits for a pull request looks then.'),
});
export type ManifestRepositoryStatus = z.infer<typeof ManifestRepositoryStatus>;

/** Why a Canary of this namespace may not use this branch, for people; undefined when it may. */
export function repositoryDenial(
  { branch, allow }: ManifestRepositorySpec,
  wanted: { readonly namespace: string; readonly branch: string },
): string | undefined {
  if (!allow.namespaces.some(namespace => namespace === '*' || namespace === wanted.namespace)) {
    return `the repository does not allow namespace ${wanted.namespace}`;
  }
  if (wanted.branch !== branch && !allow.branches.includes(wanted.branch)) {
    return `the repository does not allow branch ${wanted.branch}`;
  }
  return undefined;
}
