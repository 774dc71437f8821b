import { expect, it } from 'vitest';
import { PrioritySet } from './priority-set.ts';

it('takes the highest first, in order of arrival, each key once', () => {
  const set = new PrioritySet();
  set.add('resync-1', 0);
  set.add('change-1', 1);
  set.add('resync-2', 0);
  set.add('change-2', 1);
  set.add('resync-1', 2);
  set.add('change-2', 0);
  expect(set.size).toBe(4);
  const order: (string | undefined)[] = [];
  while (set.size > 0) order.push(set.take()?.key);
  expect(order).toEqual(['resync-1', 'change-1', 'change-2', 'resync-2']);
  expect(set.take()).toBeUndefined();
});

it('what is urgent without end goes first, and keeps nobody from their turn', () => {
  const set = new PrioritySet();
  set.add('change', 1);
  set.add('resync', 0);
  const order: (string | undefined)[] = [];
  for (let n = 1; n <= 12; n += 1) {
    set.add(`run-${n}`, 2);
    order.push(set.take()?.key);
  }
  expect(order.slice(0, 3)).toEqual(['run-1', 'run-2', 'run-3']);
  expect(order.indexOf('change')).toBe(3);
  expect(order).toContain('resync');
});
