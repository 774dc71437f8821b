import { expect, it } from 'vitest';
import { CanaryPromotion } from '../api/promotion.ts';
import { editsOf, needsDigest } from './promotion-edits.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const kustomize = { path: 'apps/p', image: 'ghcr.io/acme/app' };
const yaml = { path: 'apps/v.yaml', key: 'image.tag' };
const manifest = { path: 'apps/d.yaml', kind: 'Deployment', name: 'app', container: 'main' };

function target(update: object) {
  const [first] = CanaryPromotion.parse([{ name: 'p', repositoryRef: { name: 'm' }, updates: [update] }]);
  if (first === undefined) throw new Error('there is one');
  return first;
}

const one = { app: 'ghcr.io/acme/app:1.2.0' };
const two = { app: 'ghcr.io/acme/app:1.2.0', side: 'ghcr.io/acme/side:3' };
const runs = { app: [`ghcr.io/acme/app@${digest}`], side: [`ghcr.io/acme/side@${other}`] };

it.each<[string, object, Record<string, string>, object]>([
  ['a tag', { kustomize }, one, { kind: 'kustomize', image: 'ghcr.io/acme/app', version: { tag: '1.2.0' } }],
  [
    'a digest',
    { kustomize, write: 'Digest' },
    one,
    { kind: 'kustomize', image: 'ghcr.io/acme/app', version: { digest } },
  ],
  [
    'both',
    { kustomize, write: 'TagAndDigest' },
    one,
    { kind: 'kustomize', image: 'ghcr.io/acme/app', version: { tag: '1.2.0', digest } },
  ],
  [
    'a digest that is written already',
    { yaml, write: 'Digest' },
    { app: `app@${other}` },
    { kind: 'value', key: 'image.tag', value: other },
  ],
  ['a value', { yaml }, one, { kind: 'value', key: 'image.tag', value: '1.2.0' }],
  [
    'a value of both',
    { yaml, write: 'TagAndDigest' },
    one,
    { kind: 'value', key: 'image.tag', value: `1.2.0@${digest}` },
  ],
  [
    'a whole image',
    { yaml, write: 'Image' },
    one,
    { kind: 'value', key: 'image.tag', value: `ghcr.io/acme/app:1.2.0@${digest}` },
  ],
  [
    'the image of the name',
    { kustomize },
    two,
    { kind: 'kustomize', image: 'ghcr.io/acme/app', version: { tag: '1.2.0' } },
  ],
  [
    'the named container',
    { yaml, fromContainer: 'side' },
    two,
    { kind: 'value', key: 'image.tag', value: '3' },
  ],
  [
    'a container of the same name',
    { manifest: { ...manifest, container: 'side' }, write: 'Digest' },
    two,
    {
      kind: 'container',
      objectKind: 'Deployment',
      name: 'app',
      container: 'side',
      version: { digest: other },
    },
  ],
  [
    'the only container for one of another name',
    { manifest },
    one,
    {
      kind: 'container',
      objectKind: 'Deployment',
      name: 'app',
      container: 'main',
      version: { tag: '1.2.0' },
    },
  ],
])('writes %s', (_name, update, written, edit) => {
  expect(editsOf(target(update), { written, running: runs })).toEqual([{ path: expect.any(String), edit }]);
});

it.each<[string, object, Record<string, string>, Record<string, string[]>, RegExp]>([
  ['several containers and no name', { yaml }, two, runs, /has the containers app, side; say fromContainer/],
  ['a container that is not there', { yaml, fromContainer: 'x' }, one, runs, /has no container x/],
  ['no tag', { yaml }, { app: 'app' }, runs, /has no tag/],
  ['no image', { yaml }, { app: '{{ x }}' }, runs, /not a plain reference/],
  ['no pods', { yaml, write: 'Digest' }, one, {}, /no pod of the primary tells/],
  [
    'a runtime without digests',
    { yaml, write: 'Digest' },
    one,
    { app: ['sha256:abc'] },
    /do not tell the registry's digest .* let write be Tag/,
  ],
  [
    'pods that differ',
    { yaml, write: 'Digest' },
    one,
    { app: [`a@${digest}`, `a@${other}`] },
    /run different images/,
  ],
])('refuses %s', (_name, update, written, running, why) => {
  expect(() => editsOf(target(update), { written, running })).toThrow(why);
});

it('asks for pods only where a digest is to be found out', () => {
  expect(needsDigest(target({ yaml }), one)).toBe(false);
  expect(needsDigest(target({ yaml, write: 'Image' }), one)).toBe(true);
  expect(needsDigest(target({ yaml, write: 'Digest' }), { app: `app@${digest}` })).toBe(false);
});
