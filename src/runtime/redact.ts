/** Keeps secrets and terminal tricks out of every text that leaves the process. */

/** Shorter values would blot out ordinary words, and are no secrets worth the name. */
const shortestSecret = 6;
const mostSecrets = 500;
const hidden = '***';

// Schemes have an end: without one, a text of nothing but dots and letters would take time by the square of its length.
const userInfo = /(\b[a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/@"']+@/gi;
// C0 and C1 controls, DEL, line separators and the bidi overrides which make a log line read as something else.
// oxlint-disable-next-line no-control-regex -- controls are the very subject here
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The values which must never be seen, in every spelling in which a message may carry them. */
export interface Redactor {
  /** Remembers secret values (raw). The oldest are forgotten beyond 500, so that rotation cannot grow memory. */
  hide(values: Iterable<string>): void;
  /** The text with each known secret, and any userinfo of a URL, replaced by `***`. */
  redact(text: string): string;
}

export function createRedactor(): Redactor {
  const spellings = new Map<string, readonly string[]>();
  let needles: string[] = [];
  return {
    hide(values) {
      for (const raw of values) {
        const value = raw.trim();
        if (value.length < shortestSecret) continue;
        spellings.delete(value);
        spellings.set(value, spellingsOf(value));
      }
      for (const oldest of spellings.keys()) {
        if (spellings.size <= mostSecrets) break;
        spellings.delete(oldest);
      }
      // The longest first: a secret that contains another must not leave its tail behind.
      needles = [...new Set([...spellings.values()].flat())].sort((a, b) => b.length - a.length);
    },
    redact(text) {
      let clean = text.replace(userInfo, `$1${hidden}@`);
      for (const needle of needles) {
        if (clean.includes(needle)) clean = clean.replaceAll(needle, hidden);
      }
      return clean;
    },
  };
}

/** Control characters as `\uXXXX`: nothing from a remote side can forge a line or move the reader's cursor. */
export function escapeControls(text: string): string {
  return text.replace(controls, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function spellingsOf(value: string): string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
  ];
}
