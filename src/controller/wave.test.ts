import { expect, test } from 'vitest';
import { ManualClock } from '../runtime/manual-clock.ts';
import { joinWave, waitForWave } from './wave.ts';

function key(name: string) {
  return { namespace: 'shop', name };
}

test('whoever changes alone waits for nobody', () => {
  const ports = { clock: new ManualClock() };
  expect(waitForWave(key('a'), ports)).toBeUndefined();
  joinWave(key('a'), ports);
  expect(waitForWave(key('a'), ports)).toBeUndefined();
});

test('in a wave each waits until nobody came for a while', async () => {
  const ports = { clock: new ManualClock() };
  joinWave(key('a'), ports);
  await ports.clock.advance(200);
  joinWave(key('b'), ports);
  expect(waitForWave(key('a'), ports)).toBe(300);
  expect(waitForWave(key('b'), ports)).toBe(100);
  await ports.clock.advance(300);
  expect(waitForWave(key('a'), ports)).toBeUndefined();
});

test('a wave that does not end is not waited for beyond two seconds', async () => {
  const ports = { clock: new ManualClock() };
  joinWave(key('a'), ports);
  for (let other = 0; other < 19; other += 1) {
    await ports.clock.advance(100);
    joinWave(key(`other-${other}`), ports);
  }
  expect(waitForWave(key('a'), ports)).toBe(100);
  await ports.clock.advance(100);
  joinWave(key('last'), ports);
  expect(waitForWave(key('a'), ports)).toBeUndefined();
});
