/** The state of a check between two passes, as text in status: what somebody else wrote there is not taken for it. */

/** The stored state where it has the form of `fresh`; else undefined, and the check begins anew. */
export function readState<T extends object>(text: string | undefined, fresh: T): T | undefined {
  if (text === undefined) return undefined;
  const value = parsedOnce(text);
  return hasForm(value, fresh) ? value : undefined;
}

/** A text is read several times in a pass, and in those after it until another is written. */
const parsed = new Map<string, unknown>();
const mostParsed = 4_096;

/** Never changed by anybody: the same text gives the same object. */
function parsedOnce(text: string): unknown {
  if (parsed.has(text)) return parsed.get(text);
  const value = parse(text);
  if (parsed.size >= mostParsed) parsed.clear();
  parsed.set(text, value);
  return value;
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

const judged = { at: 0 };

/** Up to when the stored state has judged, ms; undefined where nothing is stored. */
export function judgedUntil(text: string | undefined): number | undefined {
  return readState(text, judged)?.at;
}

function hasForm<T extends object>(value: unknown, form: T): value is T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(form).every(([name, member]) => isLike(Reflect.get(value, name), member));
}

function isLike(value: unknown, member: unknown): boolean {
  if (Array.isArray(member)) return Array.isArray(value) && value.every(item => typeof item === 'number');
  if (typeof member === 'object' && member !== null) return hasForm(value, member);
  return typeof value === typeof member;
}
