/** Makes foreign text fit for a status: no secret, no control characters, no more than people read. */
import type { Redactor } from '../runtime/redact.ts';

const longest = 300;

export function presentable(text: string, redactor?: Redactor): string {
  const safe = redactor?.redact(text) ?? text;
  const line = safe.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > longest ? `${Array.from(line).slice(0, longest).join('')}…` : line;
}
