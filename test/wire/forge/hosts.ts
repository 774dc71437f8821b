/** All hosts, each with the access that leads to it. */

import { createForge } from '../../../src/forge/forge.ts';
import type { Forge, ForgeAccess, ForgeProvider } from '../../../src/forge/port.ts';
import { createAddressGuard } from '../../../src/http/address.ts';
import { azureHost, azureToken } from './azure.ts';
import { bitbucketHost, bitbucketToken } from './bitbucket.ts';
import { giteaHost, giteaToken } from './gitea.ts';
import { githubHost, githubToken } from './github.ts';
import { gitlabHost, gitlabToken } from './gitlab.ts';
import type { FakeHost, HostOptions } from './host.ts';

export interface HostUnderTest {
  readonly provider: ForgeProvider;
  readonly options: HostOptions;
  readonly token: string;
  readonly url: string;
  /** From the fake's own API address. */
  readonly apiUrl: (api: string) => string;
  /** How the host says it. */
  readonly states: readonly [success: string, failure: string];
  readonly merges: boolean;
  readonly labels: boolean;
}

const same = (api: string): string => api;

export const hosts: readonly HostUnderTest[] = [
  {
    provider: 'Gitea',
    options: giteaHost,
    token: giteaToken,
    url: 'https://git.example.com/acme/manifests.git',
    apiUrl: same,
    states: ['success', 'failure'],
    merges: true,
    labels: true,
  },
  {
    provider: 'GitHub',
    options: githubHost,
    token: githubToken,
    url: 'ssh://git@github.com/acme/manifests.git',
    apiUrl: api => `${api}/v3`,
    states: ['success', 'failure'],
    merges: true,
    labels: true,
  },
  {
    provider: 'GitLab',
    options: gitlabHost,
    token: gitlabToken,
    url: 'https://gitlab.com/acme/manifests',
    apiUrl: same,
    states: ['success', 'failed'],
    merges: true,
    labels: true,
  },
  {
    provider: 'Bitbucket',
    options: bitbucketHost,
    token: bitbucketToken,
    url: 'https://bitbucket.org/acme/manifests.git',
    apiUrl: same,
    states: ['SUCCESSFUL', 'FAILED'],
    merges: false,
    labels: false,
  },
  {
    provider: 'Azure',
    options: azureHost,
    token: azureToken,
    url: 'https://dev.azure.com/acme/platform/_git/manifests',
    apiUrl: same,
    states: ['succeeded', 'failed'],
    merges: true,
    labels: true,
  },
];

/** Loopback is where the fakes are. */
export function forgeUnderTest(
  options: { timeoutMs?: number; now?: () => number; hidden?: string[] } = {},
): Forge {
  const { now = Date.now, timeoutMs = 5_000, hidden = [] } = options;
  return createForge({
    guard: createAddressGuard({ allow: ['127.0.0.0/8'] }),
    now,
    timeoutMs,
    hide: secrets => void hidden.push(...secrets),
  });
}

export function accessTo(host: HostUnderTest, fake: FakeHost, secret?: Record<string, Buffer>): ForgeAccess {
  return {
    name: 'manifests',
    url: host.url,
    provider: host.provider,
    apiUrl: host.apiUrl(fake.api),
    secret: secret ?? { apiToken: Buffer.from(`${host.token}\n`) },
  };
}
