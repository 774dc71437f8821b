import { expect, it } from 'vitest';
import { createRedactor } from '../runtime/redact.ts';
import { presentable } from './text.ts';

it('keeps one clean line without secrets', () => {
  const redactor = createRedactor();
  redactor.hide(['hunter2']);
  expect(presentable('bad\n\u001b]0;title\u0007 \u2028token hunter2', redactor)).toBe(
    'bad ]0;title token ***',
  );
  expect(presentable('é'.repeat(400))).toBe(`${'é'.repeat(300)}…`);
});

it('is not held up by a megabyte that looks like the beginning of a URL', () => {
  expect(presentable('a.'.repeat(512 * 1024), createRedactor())).toBe(`${'a.'.repeat(150)}…`);
});
