/** Makes foreign text fit for a status: no secret, no control characters, no more than people read. */
import type { Redactor } from '../runtime/redact.ts';

const longest = 300;
/** A hostile server answers with megabytes, of which nobody reads more than the beginning. */
const longestRead = 64 * 1024;

export function presentable(text: string, redactor?: Redactor): string {
  const head = text.slice(0, longestRead);
  const safe = redactor?.redact(head) ?? head;
  const line = safe.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > longest ? `${Array.from(line).slice(0, longest).join('')}…` : line;
}
