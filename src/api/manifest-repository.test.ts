import { describe, expect, it } from 'vitest';
import { ManifestRepositorySpec, repositoryDenial } from './manifest-repository.ts';

const repository = ManifestRepositorySpec.parse({
  url: 'https://git.example.com/acme/manifests.git',
  allow: { namespaces: ['shop'], paths: ['apps/**'], branches: ['staging'] },
});

describe('repositoryDenial', () => {
  it.each(['main', 'staging'])('lets an allowed namespace use branch %s', branch => {
    expect(repositoryDenial(repository, { namespace: 'shop', branch })).toBeUndefined();
  });

  it('says which namespace or branch is not allowed', () => {
    expect(repositoryDenial(repository, { namespace: 'bank', branch: 'main' })).toMatch('namespace bank');
    expect(repositoryDenial(repository, { namespace: 'shop', branch: 'live' })).toMatch('branch live');
  });

  it('takes * for every namespace', () => {
    const open = { ...repository, allow: { ...repository.allow, namespaces: ['*'] } };
    expect(repositoryDenial(open, { namespace: 'bank', branch: 'main' })).toBeUndefined();
  });
});
