import { assert, jsonValue, property } from 'fast-check';
import { expect, test } from 'vitest';
import { mergePatch as merge } from '../../test/memory/json.ts';
import { baseSeed } from '../../test/sim/random.ts';
import { mergePatch } from './status.ts';

test.each<[string, object, object, object | undefined]>([
  ['nothing differs', { a: 1, b: { c: [1] } }, { a: 1, b: { c: [1] } }, undefined],
  ['a changed field', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
  ['a new field', {}, { a: { b: 1 } }, { a: { b: 1 } }],
  ['a field that is gone', { a: 1, b: 2 }, { a: 1 }, { b: null }],
  ['a field set to undefined', { a: 1 }, { a: undefined }, { a: null }],
  ['only what differs inside', { a: { b: 1, c: 2, d: 3 } }, { a: { b: 1, c: 3 } }, { a: { c: 3, d: null } }],
  ['a list as a whole', { a: [1, 2] }, { a: [1] }, { a: [1] }],
  // What is undefined is not written: a patch with nothing in it would be a request on every pass.
  ['a field undefined before and after', { a: undefined }, { a: undefined }, undefined],
  ['an inner field undefined before only', { a: { b: undefined } }, { a: {} }, undefined],
  ['an inner field undefined after only', { a: {} }, { a: { b: undefined } }, undefined],
])('%s', (_, before, after, patch) => {
  expect(mergePatch(before, after)).toEqual(patch);
});

/** As the status of an object: no null in it, which a merge patch cannot write. */
const status = jsonValue({ maxDepth: 3 })
  .map(value => JSON.stringify(value, (_, inner: unknown) => (inner === null ? 0 : inner)))
  .filter(text => !text.includes('__proto__'))
  .map(text => ({ status: JSON.parse(text) as unknown }));

test(`applied to what was before, it makes what is after (seed ${baseSeed})`, () => {
  assert(
    property(status, status, (before, after) => {
      expect(merge(before, mergePatch(before, after) ?? {})).toEqual(after);
    }),
    { seed: baseSeed },
  );
});
