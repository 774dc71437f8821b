import { expect, test } from 'vitest';
import { createSeriesMemory } from './memory.ts';

const began = 1_700_000_000_000;

function read(memory: ReturnType<typeof createSeriesMemory>, text: string, at: number): void {
  const samples = Array.from({ length: 10 }, (_, index) => [at - 50_000 + index * 5_000, index] as const);
  memory.take(
    { text, from: at - 60_000 },
    { series: [{ labels: { text }, samples }], after: at - 60_000, at },
  );
}

function isKnown(memory: ReturnType<typeof createSeriesMemory>, text: string, at: number): boolean {
  return memory.askAfter({ text, from: at - 55_000 }, at) > at - 55_000;
}

test('of more samples than it may hold, those used least lately are forgotten', () => {
  const memory = createSeriesMemory(25);
  read(memory, 'a', began);
  read(memory, 'b', began);
  read(memory, 'a', began + 1_000);
  read(memory, 'c', began + 2_000);
  const known = ['a', 'b', 'c'].filter(text => isKnown(memory, text, began + 2_000));
  expect(known).toEqual(['a', 'c']);
});

test('one answer that is larger than all it may hold is forgotten at once', () => {
  const memory = createSeriesMemory(5);
  read(memory, 'a', began);
  expect(isKnown(memory, 'a', began)).toBe(false);
});

test('what nobody asks for any more is forgotten', () => {
  const memory = createSeriesMemory();
  read(memory, 'ended', began);
  read(memory, 'running', began + 700_000);
  expect(isKnown(memory, 'ended', began + 1_000)).toBe(false);
  expect(isKnown(memory, 'running', began + 701_000)).toBe(true);
});
