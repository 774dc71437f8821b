/** Takes secrets out of text by their values, so that no message, log line or status can carry one. */

export type Redact = (text: string) => string;

const mask = '***';
/** Shorter values would mask ordinary words; such a secret protects nothing anyway. */
const shortestSecret = 4;

/** A function that masks each value, also where it is base64, percent-encoded or one line of a longer secret. */
export function redactor(secrets: readonly string[]): Redact {
  const values = new Set<string>();
  for (const secret of secrets) {
    for (const part of [secret, secret.trim(), ...secret.split(/\r?\n/u)]) {
      const forms = [part, encodeURIComponent(part.toWellFormed()), Buffer.from(part).toString('base64')];
      for (const form of forms) if (form.length >= shortestSecret) values.add(form);
    }
  }
  // The longest first: a password which contains another secret must not leave its remainder readable.
  const ordered = [...values].sort((a, b) => b.length - a.length);
  return text => {
    let clean = text;
    for (const value of ordered) clean = clean.replaceAll(value, mask);
    return clean.replaceAll(/\/\/[^\s/@]+@/gu, `//${mask}@`);
  };
}

/** One line of printable text, cut at `limit` characters; control and invisible characters become spaces. */
export function oneLine(text: string, limit: number): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1).trimEnd()}…`;
}
