/** The spec and status of a ManifestRepository: what the platform team lets Siskin write, and where. */
import { z } from 'zod';
import { Conditions } from './condition.ts';
import { filled, list, localRef } from './fields.ts';
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
      "A Secret of the operator's namespace: `username` and `password`, or `bearerToken`, with `ca.crt`; or `identity`, `known_hosts` and `password` for SSH.",
    ),
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
    .describe('Author and committer of reverts.'),
  mode: z
    .enum(['Off', 'DryRun', 'Commit'])
    .default('Commit')
    .describe('The most that any Canary may do here, whatever its own `rollback.git.mode` says.'),
  limits: z
    .object({
      revertsPerHour: z
        .int()
        .min(0)
        .max(1000)
        .default(10)
        .describe('Reverts in any hour; the ones beyond are held.'),
      maxFiles: z.int().min(1).max(100).default(20).describe('Files that one revert may change.'),
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
