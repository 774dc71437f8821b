import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergePatch } from '../../test/memory/json.ts';
import { type Json, mergeDiff, sameJson, withoutNulls } from './json.ts';

test('order of keys, absence and null make no difference, order of lists does', () => {
  expect(sameJson({ a: 1, b: [{ c: null, d: 2 }] }, { b: [{ d: 2 }], a: 1 })).toBe(true);
  expect(sameJson([1, 2], [2, 1])).toBe(false);
  expect(sameJson({ emptyDir: {} }, {})).toBe(false);
});

test('the patch turns one object into exactly the other, and is absent for equal ones', () => {
  const value = fc.letrec<{ json: unknown; object: Json }>(tie => ({
    json: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, 1, 'x'),
      fc.array(tie('json'), { maxLength: 2 }),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('json')),
  })).object;
  fc.assert(
    fc.property(value, value, (from, to) => {
      const patch = mergeDiff(from, to);
      expect(withoutNulls(patch === undefined ? from : mergePatch(from, patch))).toEqual(withoutNulls(to));
      expect(mergeDiff(from, from)).toBeUndefined();
    }),
  );
});
