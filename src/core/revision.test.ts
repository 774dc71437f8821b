import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseSeed } from '../../test/sim/random.ts';
import { canonical, currentRevision, revisionOf } from './revision.ts';

const template = {
  metadata: { labels: { app: 'podinfo' }, annotations: { 'prometheus.io/scrape': 'true' } },
  spec: {
    containers: [
      {
        name: 'podinfo',
        image: 'ghcr.io/example/podinfo:6.7.0',
        ports: [{ containerPort: 9898, protocol: 'TCP' }],
        resources: { limits: { memory: '128Mi' } },
      },
    ],
    terminationGracePeriodSeconds: 30,
  },
};

describe('FL-10: the hash of a template never changes between versions', () => {
  // Values that clusters hold: a change of any of them makes every Canary everywhere look changed.
  test.each([
    ['a pod template', template, 'v1-f5a115516a832a3f'],
    ['the smallest one', { spec: { containers: [{ name: 'a', image: 'b' }] } }, 'v1-19a178640df61c0f'],
    [
      'kinds of values',
      { b: true, n: 1.5, s: 'ä', z: 0, e: '', l: [null, 1, [], {}] },
      'v1-3ee5b612ab4610b4',
    ],
    ['nothing', undefined, 'v1-74234e98afe7498f'],
  ])('%s', (_, value, revision) => {
    expect(revisionOf(value)).toBe(revision);
  });
});

describe('equal are', () => {
  test.each<[string, unknown, unknown]>([
    ['any order of keys', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['null and absent', { a: 1, b: null }, { a: 1 }],
    ['undefined and absent', { a: 1, b: undefined }, { a: 1 }],
    ['empty and absent', { a: 1, b: {}, c: [], d: { e: { f: [] } } }, { a: 1 }],
    ['everything empty and nothing', { a: {}, b: [null].slice(1) }, undefined],
    ['null and empty in a list', { a: [1, null, {}] }, { a: [1, {}, null] }],
  ])('%s', (_, left, right) => {
    expect(canonical(left)).toBe(canonical(right));
  });
});

describe('different are', () => {
  test.each<[string, unknown, unknown]>([
    ['orders of a list', { a: [1, 2] }, { a: [2, 1] }],
    ['a list with a gap and without', { a: [1, null] }, { a: [1] }],
    ['number and text', { a: 1 }, { a: '1' }],
    ['false, 0 and empty text from absent', { a: false, b: 0, c: '' }, {}],
    [
      'a nested change',
      template,
      { ...template, spec: { ...template.spec, terminationGracePeriodSeconds: 31 } },
    ],
  ])('%s', (_, left, right) => {
    expect(revisionOf(left)).not.toBe(revisionOf(right));
  });
});

test(`the order of keys never matters, nor a null (seed ${baseSeed})`, () => {
  const shuffle = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffle);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, shuffle(item)]);
    return Object.fromEntries([['absent', null], ...entries.toReversed()]);
  };
  assert(
    property(
      jsonValue({ maxDepth: 3 }).filter(value => !JSON.stringify(value).includes('"absent"')),
      value => {
        expect(canonical(shuffle(value))).toBe(canonical(value));
      },
    ),
    { seed: baseSeed },
  );
});

describe('the generation fence', () => {
  const target = { uid: 'u1', generation: 4, template };
  const record = { uid: 'u1', generation: 4, revision: 'v0-recorded' };
  test('server-side defaults, or our hashing, changed under the same generation: no new revision', () => {
    const defaulted = { ...template, spec: { ...template.spec, newDefault: 'Always' } };
    expect(currentRevision({ ...target, template: defaulted }, record)).toBe('v0-recorded');
  });
  test.each([
    ['nothing is recorded', target, undefined],
    ['the object was changed', { ...target, generation: 5 }, record],
    ['the object is another one of that name', { ...target, uid: 'u2' }, record],
  ])('hashes anew where %s', (_, now, recorded) => {
    expect(currentRevision(now, recorded)).toBe(revisionOf(template));
  });
});
