/** Which host a URL speaks of, and what its API calls the repository. */
import { describe, expect, it } from 'vitest';
import { detectProvider, remoteRepository } from './address.ts';

describe('the provider', () => {
  it.each([
    ['https://github.com/acme/manifests.git', 'GitHub'],
    ['ssh://git@ssh.github.com:443/acme/manifests.git', 'GitHub'],
    ['https://GitLab.com/acme/platform/manifests', 'GitLab'],
    ['https://bitbucket.org/acme/manifests', 'Bitbucket'],
    ['https://dev.azure.com/acme/platform/_git/manifests', 'Azure'],
    ['https://acme.visualstudio.com/platform/_git/manifests', 'Azure'],
    ['https://codeberg.org/acme/manifests', 'Gitea'],
    ['https://git.example.com/acme/manifests', undefined],
    ['https://github.com.evil.example/acme/manifests', undefined],
    ['https://notgithub.com/acme/manifests', undefined],
    ['https://constructor/acme/manifests', undefined],
    ['not a url', undefined],
  ])('of %s is %s', (url, provider) => {
    expect(detectProvider(url)).toBe(provider);
  });
});

describe('the repository', () => {
  it.each([
    [
      'https://git.example.com:8443/acme/manifests.git',
      'Gitea',
      'https://git.example.com:8443',
      'acme/manifests',
    ],
    [
      'ssh://git@git.example.com:2222/acme/manifests.git/',
      'Gitea',
      'https://git.example.com',
      'acme/manifests',
    ],
    ['ssh://git@altssh.gitlab.com:443/a/b/c/manifests', 'GitLab', 'https://gitlab.com', 'a/b/c/manifests'],
    [
      'https://dev.azure.com/acme/My%20Project/_git/my.repo',
      'Azure',
      'https://dev.azure.com',
      'acme/My Project/my.repo',
    ],
    [
      'ssh://git@ssh.dev.azure.com/v3/acme/platform/manifests',
      'Azure',
      'https://dev.azure.com',
      'acme/platform/manifests',
    ],
    [
      'https://acme.visualstudio.com/platform/_git/manifests',
      'Azure',
      'https://acme.visualstudio.com',
      'platform/manifests',
    ],
  ] as const)('of %s at %s', (url, provider, origin, path) => {
    const { parts, ...rest } = remoteRepository('m', { url, provider });
    expect({ ...rest, path: parts.join('/') }).toEqual({ origin, path });
  });

  it.each([
    ['https://github.com/acme', 'GitHub'],
    ['https://github.com/acme/manifests/tree/main', 'GitHub'],
    ['https://dev.azure.com/acme', 'Azure'],
    ['nonsense', 'Gitea'],
  ] as const)('is none in %s', (url, provider) => {
    expect(() => remoteRepository('m', { url, provider })).toThrow(
      /ManifestRepository m: its url names no repository/u,
    );
  });
});
