import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { diagramPage, edges } from './generate-diagram.ts';

test('docs/state-machine.md is as the machine says; run node src/core/generate-diagram.ts otherwise', () => {
  const written = readFileSync(new URL('../../docs/state-machine.md', import.meta.url), 'utf8');
  expect(written).toBe(diagramPage());
});

test('every transition has a line of its own', () => {
  const lines = diagramPage()
    .split('\n')
    .filter(line => line.includes('-->') && line.includes(' : '));
  expect(new Set(lines).size).toBe(lines.length);
  expect(lines).toHaveLength(edges.length + 1);
});
