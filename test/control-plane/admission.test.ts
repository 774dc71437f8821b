/** The shipped admission policy on a real API server: a Canary may name only what its platform team allows. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { waitFor } from '../kind/lib/wait.ts';
import { connect } from './crd-client.ts';
import { collection, type Fields, objectOf, spec } from './crd-objects.ts';

const client = connect(inject('apiServer'));
const policy = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const names = ['admission-team', 'admission-all'];
const files = ['repository-use', 'promotion-use'].map(
  name => new URL(`../../deploy/components/admission/${name}.yaml`, import.meta.url),
);

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const manifests: Manifest[] = files.flatMap(file =>
  parseAllDocuments(readFileSync(file, 'utf8')).map((document): Manifest => document.toJS()),
);
const placeOf = ({ kind }: Manifest): string =>
  policy.replace(/policies$/u, kind.endsWith('Binding') ? 'policybindings' : 'policies');

function canary(git: Fields): Fields {
  return objectOf('Canary', spec.canary({ rollback: { git } }));
}

async function apply(git: Fields): Promise<{ status: number; message: string }> {
  const { status, body } = await client.ask('POST', `${collection('Canary')}?dryRun=All`, canary(git));
  return { status, message: body.message ?? '' };
}

const team = { repositoryRef: { name: 'admission-team' } };
const all = { repositoryRef: { name: 'admission-all' } };

beforeAll(async () => {
  const allow = { namespaces: ['default'], paths: ['apps/**', 'teams/a?/web.yaml'], branches: ['staging'] };
  for (const [name, rules] of [
    ['admission-team', { ...allow, namespaces: ['elsewhere'] }],
    ['admission-all', allow],
  ] as const) {
    const repository = objectOf('ManifestRepository', spec.manifestRepository({ allow: rules }));
    const named = { ...repository, metadata: { name } };
    const { status, body } = await client.ask('POST', collection('ManifestRepository'), named);
    expect(status, body.message).toBe(201);
  }
  for (const manifest of manifests) {
    const { status, body } = await client.ask(
      'POST',
      `${placeOf(manifest)}?fieldValidation=Strict`,
      manifest,
    );
    expect(status, body.message).toBe(201);
  }
  await waitFor(
    'the policy to be in force',
    async () => ((await apply(team)).status === 403 ? true : undefined),
    {
      timeoutMs: 60_000,
    },
  );
}, 90_000);

afterAll(async () => {
  for (const manifest of manifests)
    await client.ask('DELETE', `${placeOf(manifest)}/${manifest.metadata.name}`);
  for (const name of names) await client.ask('DELETE', `${collection('ManifestRepository')}/${name}`);
  await client.close();
});

it.each(['siskin-repository-use', 'siskin-promotion-use'])('%s compiles without a warning', async name => {
  const { body } = await client.ask('GET', `${policy}/${name}`);
  expect(JSON.stringify(body['status'] ?? {})).not.toContain('expressionWarnings');
});

async function promote(target: Fields): Promise<{ status: number; message: string }> {
  const promotion = [
    { name: 'production', updates: [{ yaml: { path: 'apps/values.yaml', key: 'tag' } }], ...target },
  ];
  const object = objectOf('Canary', spec.canary({ promotion }));
  const { status, body } = await client.ask('POST', `${collection('Canary')}?dryRun=All`, object);
  return { status, message: body.message ?? '' };
}

describe('a promotion', () => {
  it('to what is allowed is taken', async () => {
    const kustomize = { path: 'apps/web', image: 'web' };
    const answers = [all, { ...all, branch: 'staging' }, { ...all, updates: [{ kustomize }] }].map(promote);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([201, 201, 201]);
  });

  it.each<[string, Fields, string]>([
    ['a repository of other namespaces', team, 'does not allow namespace default'],
    ['another branch', { ...all, branch: 'prod' }, 'does not allow one of the branches'],
    [
      'another path',
      { ...all, updates: [{ yaml: { path: 'clusters/a.yaml', key: 'tag' } }] },
      'allows nothing in one of the paths',
    ],
  ])('to %s is refused, with what to do', async (_what, target, why) => {
    await waitFor('the policy to be in force', async () =>
      (await promote(team)).status === 403 ? true : undefined,
    );
    const { status, message } = await promote(target);
    expect(status).toBe(403);
    expect(message).toContain(why);
    expect(message).toContain('its platform team can add it');
  });
});

describe.each<[string, Fields]>([
  ['its repository', all],
  ['a branch that is allowed', { ...all, branch: 'staging' }],
  ["the repository's own branch", { ...all, branch: 'main' }],
  ['a folder above what is allowed', { ...all, path: 'apps' }],
  ['a folder below', { ...all, path: 'apps/web/prod' }],
  ['a path that wildcards may match', { ...all, path: 'teams/ab/web.yaml' }],
  ['a repository that is not there yet', { repositoryRef: { name: 'admission-later' } }],
  ['nothing of Git', { ...team, mode: 'Off' }],
])('a Canary that names %s', (_what, git) => {
  it('is taken', async () => {
    const { status, message } = await apply(git);
    expect(status, message).toBe(201);
  });
});

describe.each<[string, Fields, string]>([
  ['a repository of other namespaces', team, 'does not allow namespace default'],
  [
    'another branch',
    { ...all, branch: 'prod' },
    'spec.rollback.git.branch: ManifestRepository admission-all does not allow branch prod',
  ],
  ['another path', { ...all, path: 'clusters/prod' }, 'allows nothing in clusters/prod'],
  ['a path that only begins alike', { ...all, path: 'apps-secret' }, 'allows nothing in apps-secret'],
])('a Canary that names %s', (_what, git, why) => {
  it('is refused, with what to do', async () => {
    const { status, message } = await apply(git);
    expect(status).toBe(403);
    expect(message).toContain(why);
    expect(message).toContain('its platform team can add it');
  });
});

it('does not hold up a Canary whose repository was narrowed later, unless it asks for Git anew', async () => {
  const path = `${collection('Canary')}/admission`;
  const object = { ...canary(all), metadata: { name: 'admission', namespace: 'default' } };
  expect((await client.ask('POST', collection('Canary'), object)).status).toBe(201);
  const narrowed = { spec: { allow: { namespaces: ['elsewhere'] } } };
  await client.ask('PATCH', `${collection('ManifestRepository')}/admission-all`, narrowed);
  const asksAnew = { spec: { rollback: { git: { path: 'apps/web' } } } };
  await waitFor('the narrower repository to be in force', async () =>
    (await client.ask('PATCH', `${path}?dryRun=All`, asksAnew)).status === 403 ? true : undefined,
  );
  expect((await client.ask('PATCH', path, { spec: { suspend: true } })).status).toBe(200);
  expect((await client.ask('DELETE', path)).status).toBe(200);
});
