/** URLs of one repository in the forms in which people write them. */
import { expect, test } from 'vitest';
import { isSameRepository, repositoryName } from './repository-url.ts';

const url = 'https://git.example.com/acme/manifests.git';

test.each([
  'https://git.example.com/acme/manifests',
  'https://git.example.com/acme/manifests/',
  'https://git.example.com/acme/manifests.git/',
  'https://GIT.example.com:443//acme/manifests.git',
  'http://git.example.com/acme/manifests',
  'https://user:password@git.example.com/acme/manifests.git',
  'ssh://git@git.example.com/acme/manifests.git',
  'ssh://git@git.example.com:22/acme/manifests',
  'ssh://git@Git.Example.com/acme/manifests',
  'git@git.example.com:acme/manifests.git',
  'git.example.com:acme/manifests',
])('%s is the same repository', other => {
  expect(isSameRepository(url, other)).toBe(true);
});

test.each([
  'https://git.example.com/acme/manifests2.git',
  'https://git.example.com/Acme/manifests.git',
  'https://git.example.com/acme',
  'https://git.example.com:8443/acme/manifests.git',
  'ssh://git@git.example.com:2222/acme/manifests.git',
  'https://git.example.org/acme/manifests.git',
  'git@git.example.org:acme/manifests.git',
  'git@git.example.com:2222/acme/manifests.git',
  'C:acme/manifests.git',
  '',
])('%s is another one', other => {
  expect(isSameRepository(url, other)).toBe(false);
});

test('nothing is the same as what cannot be parsed, and no password is shown', () => {
  expect(isSameRepository('', '')).toBe(false);
  expect(repositoryName('https://user:password@git.example.com/acme/manifests.git')).toBe(
    'git.example.com/acme/manifests',
  );
});
