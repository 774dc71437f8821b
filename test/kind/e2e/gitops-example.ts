/** An example that an agent applies from Git, on this cluster: its repository, its namespace, and releases that are nothing but pushes. */
import { rmSync } from 'node:fs';
import {
  apply,
  createGitRepository,
  deleteNamespace,
  type GitRepository,
  gitCredentials,
  kubectl,
  namespaceObject,
  operatorNamespace,
} from '../fixture.ts';
import { appPath, shop } from './checkout.ts';
import { exampleFiles } from './example.ts';
import { loadReleases, type ReleaseTag } from './releases.ts';

export type GitOpsExample = {
  repository: GitRepository;
  /** Pushes the application with this tag and tells the agent, as a webhook does; gives the commit. */
  release(tag: ReleaseTag): Promise<string>;
  /** Pushes something else. */
  push(message: string, files: Record<string, string>): Promise<string>;
  remove(): Promise<void>;
};

export type GitOpsAgent = {
  /** Folder below `examples/`. */
  example: string;
  /** Where else a credential is needed, under this name. */
  credentials: readonly (readonly [name: string, namespace: string])[];
  /** Tells the agent that something was pushed. */
  tell(): Promise<void>;
  /** Before anything else is deleted, or the agent would put it back. */
  stop(): Promise<void>;
};

/** The agent applies version 1.0.0 when this resolves. */
export async function startGitOpsExample(agent: GitOpsAgent): Promise<GitOpsExample> {
  await removeExample(agent);
  await loadReleases();
  const repository = await createGitRepository(`${agent.example}-${Date.now().toString(36)}`);
  const files = exampleFiles(`${agent.example}/app`);
  const at = (tag: ReleaseTag): Record<string, string> =>
    Object.fromEntries(
      Object.entries(files).map(([path, text]) => [
        `${appPath}/${path}`,
        text.replace(/(newTag: |shop\/checkout:)1\.0\.0/u, `$1${tag}`),
      ]),
    );
  await repository.commit('checkout 1.0.0', at('1.0.0'));
  const platform = exampleFiles(`${agent.example}/platform`, {
    'https://git.example.com/acme/manifests.git': repository.urlInCluster,
  });
  await apply([
    namespaceObject(shop.namespace),
    ...[['manifests-write', operatorNamespace] as const, ...agent.credentials].map(([name, namespace]) =>
      gitCredentials(name, namespace),
    ),
  ]);
  await apply(Object.values(platform).join('\n---\n'));
  const push: GitOpsExample['push'] = async (message, changed) => {
    await repository.pull();
    const commit = await repository.commit(message, changed);
    await agent.tell();
    return commit;
  };
  return {
    repository,
    push,
    release: tag => push(`checkout ${tag}`, at(tag)),
    async remove() {
      await removeExample(agent);
      rmSync(repository.folder, { recursive: true, force: true });
    },
  };
}

async function removeExample(agent: GitOpsAgent): Promise<void> {
  await agent.stop();
  await deleteNamespace(shop.namespace);
  await kubectl(['delete', 'manifestrepository', 'manifests', '--ignore-not-found']);
  for (const [name, namespace] of [['manifests-write', operatorNamespace] as const, ...agent.credentials])
    await kubectl(['-n', namespace, 'delete', 'secret', name, '--ignore-not-found']);
}
