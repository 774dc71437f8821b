import { describe, expect, test } from 'vitest';
import { isAllowed, mayHoldAllowed } from './globs.ts';

describe('a file', () => {
  test.each<[string, string, boolean]>([
    ['**', 'a', true],
    ['**', 'a/b/.c', true],
    ['apps/**', 'apps/podinfo/d.yaml', true],
    ['apps/**', 'apps2/x', false],
    ['apps/**', 'other/apps/x', false],
    ['apps/*', 'apps/a/b', false],
    ['apps/*/*.yaml', 'apps/a/b.yaml', true],
    ['apps/*/*.yaml', 'apps/a/b.yml', false],
    ['apps/**/values.yaml', 'apps/values.yaml', true],
    ['apps/**/values.yaml', 'apps/a/b/values.yaml', true],
    ['**/prod/**', 'a/prod/b/c', true],
    ['**/prod/**', 'a/production/c', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a.c', 'abc', false],
    ['*a*b', 'xxaxxab', true],
    ['Apps/**', 'apps/x', false],
  ])('%s and %s', (glob, path, allowed) => {
    expect(isAllowed([glob], path)).toBe(allowed);
  });

  test('nothing is allowed without a glob, and one that matches is enough', () => {
    expect(isAllowed([], 'a')).toBe(false);
    expect(isAllowed(['x', 'a'], 'a')).toBe(true);
  });

  test('a glob made to explode is answered', () => {
    const glob = `${'**/'.repeat(40)}${'*a'.repeat(60)}b`;
    expect(isAllowed([glob], `${'a/'.repeat(100)}${'a'.repeat(250)}`)).toBe(false);
  });
});

test.each<[string, string, boolean]>([
  ['apps/**', '', true],
  ['apps/**', 'apps', true],
  ['apps/**', 'apps/podinfo', true],
  ['apps/*/prod/**', 'apps/podinfo', true],
  ['apps/*/prod/**', 'apps/podinfo/dev', false],
  ['apps/podinfo', 'apps/podinfo', true],
  ['apps/podinfo', 'apps/podinfo/sub', false],
  ['apps/**', 'clusters', false],
])('the folder under %s: %j', (glob, path, possible) => {
  expect(mayHoldAllowed([glob], path)).toBe(possible);
});
