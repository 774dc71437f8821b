/** Access to a ManifestRepository for one Canary: everything that decides what may be written, read afresh each time. */
import { repositoryDenial } from '../api/manifest-repository.ts';
import { type ManifestRepository, parseManifestRepository } from '../api/parse.ts';
import type { ForgeAccess } from '../forge/port.ts';
import type { RepositoryAccess } from '../git/port.ts';
import { TerminalError } from '../runtime/errors.ts';
import { forgeAccess } from './forge-access.ts';
import type { Model } from './model.ts';
import type { Ports } from './ports.ts';
import type { GitSettings } from './spec-model.ts';

export interface Access {
  readonly repository: RepositoryAccess;
  readonly branch: string;
  /** Its host's API; undefined where there is none that is known. */
  readonly forge?: ForgeAccess;
  readonly spec: ManifestRepository['spec'];
}

/** Rejects with a sentence for people where the repository, its Secret or the permission is missing. `traced` is a branch that an agent told. */
export async function accessFor(
  model: Model,
  git: Pick<GitSettings, 'repository' | 'branch'>,
  ports: Ports,
  traced?: string,
): Promise<Access> {
  const what = `ManifestRepository ${git.repository}`;
  const spec = specOf(git, ports);
  const branch = traced ?? git.branch ?? spec.branch;
  const denial = repositoryDenial(spec, { namespace: model.key.namespace, branch });
  if (denial !== undefined) throw new TerminalError('ManifestRepositoryDenied', `${what}: ${denial}`);
  const stored = await secretOf(spec.secretRef?.name, `${what}: spec.secretRef`, ports);
  const forge = forgeAccess(git.repository, spec, stored);
  const secret = forge === undefined ? stored : await ports.forge.gitSecret(forge);
  const { signing } = spec;
  // Read at the first look already: a Secret that is missing is told before a release fails.
  const key = await secretOf(signing?.secretRef.name, `${what}: spec.signing.secretRef`, ports);
  return {
    branch,
    spec,
    ...(forge === undefined ? {} : { forge }),
    repository: {
      name: git.repository,
      url: spec.url,
      branch,
      allowedPaths: spec.allow.paths,
      secret,
      commit: spec.commit,
      ...(signing === undefined ? {} : { signing: { format: signing.format, secret: key } }),
      limits: spec.limits,
    },
  };
}

/** Throws a sentence for people where there is no such repository, or none that can be read. */
export function specOf(git: Pick<GitSettings, 'repository'>, ports: Ports): ManifestRepository['spec'] {
  const what = `ManifestRepository ${git.repository}`;
  const object = ports.repositories.get({ name: git.repository });
  if (object === undefined) throw new TerminalError('ManifestRepositoryMissing', `${what} does not exist`);
  const parsed = parseManifestRepository(object);
  if (!parsed.ok)
    throw new TerminalError(
      'ManifestRepositoryInvalid',
      `${what}: ${parsed.problems[0]?.field ?? 'spec'} ${parsed.problems[0]?.message ?? 'is not valid'}`,
    );
  return parsed.value.spec;
}

async function secretOf(
  name: string | undefined,
  what: string,
  ports: Ports,
): Promise<Readonly<Record<string, Buffer>>> {
  if (name === undefined) return {};
  const namespace = ports.settings.operatorNamespace;
  const secret = await ports.readSecret(namespace, name);
  if (secret === undefined) {
    const message = `${what}: Secret ${namespace}/${name} does not exist; create it`;
    throw new TerminalError('SecretMissing', message);
  }
  return secret;
}
