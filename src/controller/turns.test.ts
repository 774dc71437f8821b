import { expect, test } from 'vitest';
import { ManualClock } from '../runtime/manual-clock.ts';
import { deliveryInTurn, passInTurn } from './turns.ts';

const key = { namespace: 'shop', name: 'podinfo' };

/** Work that ends when it is told to, and says in `story` when it begins. */
function works() {
  const clock = new ManualClock();
  const story: string[] = [];
  const begin = (run: typeof passInTurn, what: string, of = key) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const done = run(of, ports, async () => {
      story.push(what);
      await promise;
    });
    return { end: resolve, fail: reject, done };
  };
  const ports = { clock };
  return { clock, story, begin };
}

test('one at a time; a pass goes before the deliveries that came earlier', async () => {
  const { story, begin, clock } = works();
  const first = begin(deliveryInTurn, 'slack');
  const second = begin(deliveryInTurn, 'git');
  const pass = begin(passInTurn, 'pass');
  expect(story).toEqual(['slack']);
  first.end();
  await first.done;
  pass.end();
  await pass.done;
  expect(story).toEqual(['slack', 'pass', 'git']);
  second.end();
  await second.done;
  expect(clock.pending).toBe(0);
});

test('a failure frees the turn', async () => {
  const { story, begin } = works();
  const first = begin(deliveryInTurn, 'slack');
  const second = begin(deliveryInTurn, 'git');
  first.fail(new Error('no answer'));
  await expect(first.done).rejects.toThrow('no answer');
  second.end();
  await second.done;
  expect(story).toEqual(['slack', 'git']);
});

test('a delivery that hangs holds up a pass for a moment only, and other deliveries for as long as it lasts', async () => {
  const { clock, story, begin } = works();
  const hanging = begin(deliveryInTurn, 'slack');
  const second = begin(deliveryInTurn, 'git');
  const pass = begin(passInTurn, 'pass');
  await clock.advance(250);
  expect(story).toEqual(['slack', 'pass']);
  pass.end();
  await pass.done;
  expect(story).toEqual(['slack', 'pass']);
  hanging.end();
  second.end();
  await Promise.all([hanging.done, second.done]);
  expect(story).toEqual(['slack', 'pass', 'git']);
});

test('Canaries do not wait for one another', async () => {
  const { story, begin } = works();
  const first = begin(deliveryInTurn, 'podinfo');
  const other = begin(deliveryInTurn, 'cart', { namespace: 'shop', name: 'cart' });
  expect(story).toEqual(['podinfo', 'cart']);
  first.end();
  other.end();
  await Promise.all([first.done, other.done]);
});
