/** The forge: chooses the adapter by the provider, keeps tokens of GitHub Apps, and lets nothing but `ForgeError` out. */
import type { RepositoryForge } from './adapter.ts';
import { type ApiDependencies, type Connect, createConnector } from './api.ts';
import { azure } from './azure.ts';
import { bitbucket } from './bitbucket.ts';
import { forgeError } from './errors.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { createAppTokens } from './github-app.ts';
import { gitlab } from './gitlab.ts';
import { type Forge, type ForgeAccess, ForgeError, type ForgeProvider } from './port.ts';

export interface ForgeDependencies extends ApiDependencies {
  /** Told every token that is made here, so that no log shows it. */
  readonly hide: (secrets: readonly string[]) => void;
}

const adapters: Readonly<Record<ForgeProvider, (access: ForgeAccess, connect: Connect) => RepositoryForge>> =
  {
    Gitea: gitea,
    GitHub: github,
    GitLab: gitlab,
    Bitbucket: bitbucket,
    Azure: azure,
  };

/** Keeps connections and App tokens, no state of pull requests: that is in the Canary's status. */
export function createForge(dependencies: ForgeDependencies): Forge & { dispose(): void } {
  const connector = createConnector(dependencies);
  const appTokens = createAppTokens({ connect: connector.connect, ...dependencies });

  async function bound<T>(access: ForgeAccess, use: (forge: RepositoryForge) => Promise<T>): Promise<T> {
    return guarded(access, async () => {
      const token = await appTokens.tokenFor(access);
      const secret = token === undefined ? access.secret : { ...access.secret, apiToken: Buffer.from(token) };
      return use(adapters[access.provider]({ ...access, secret }, connector.connect));
    });
  }

  return {
    gitSecret: async access =>
      guarded(access, async () => {
        const token = await appTokens.tokenFor(access);
        if (token === undefined || !access.url.startsWith('https://')) return access.secret;
        const { 'ca.crt': ca, caFile } = access.secret;
        return {
          username: Buffer.from('x-access-token'),
          password: Buffer.from(token),
          ...(ca === undefined ? {} : { 'ca.crt': ca }),
          ...(caFile === undefined ? {} : { caFile }),
        };
      }),
    find: async (access, at) => bound(access, async forge => forge.find(at)),
    get: async (access, number) => bound(access, async forge => forge.get(number)),
    open: async (access, draft) => bound(access, async forge => forge.open(draft)),
    update: async (access, number, text) => bound(access, async forge => forge.update(number, text)),
    close: async (access, number, why) => bound(access, async forge => forge.close(number, why)),
    autoMerge: async (access, number, head) => bound(access, async forge => forge.autoMerge(number, head)),
    setStatus: async (access, commit, status) =>
      bound(access, async forge => forge.setStatus(commit, status)),
    dispose: () => connector.close(),
  };
}

/** What a schema refuses is an answer of something that is not this host's API. */
async function guarded<T>(access: ForgeAccess, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ForgeError) throw error;
    throw forgeError('Unreachable', access, 'the answer is not one of its API; is apiUrl right?');
  }
}
