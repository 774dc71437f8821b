import { expect, test } from 'vitest';
import { LastLook } from './last-look.ts';
import type { KubeObject } from './port.ts';

function object(name: string): KubeObject {
  return { metadata: { name } };
}

test('what was looked at is looked at again only when an object is another one, has come or has gone', () => {
  const looks = new LastLook<object, number>();
  const asker = {};
  let count = 0;
  const see = (...objects: (KubeObject | undefined)[]) => {
    count += 1;
    const now = count;
    return looks.get(asker, objects, () => now);
  };
  const a = object('a');
  const b = object('b');
  expect(see(a, b)).toBe(1);
  expect(see(a, b)).toBe(1);
  // Equal, but another version.
  expect(see(a, object('b'))).toBe(3);
  expect(see(a, undefined)).toBe(4);
  expect(see(a, undefined)).toBe(4);
  expect(see(a)).toBe(6);
  expect(see(b)).toBe(7);
});

test('each asker has its own', () => {
  const looks = new LastLook<object, string>();
  const objects = [object('a')];
  const first = {};
  expect(looks.get(first, objects, () => 'first')).toBe('first');
  expect(looks.get({}, objects, () => 'second')).toBe('second');
  expect(looks.get(first, objects, () => 'third')).toBe('first');
});
