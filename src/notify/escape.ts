/** Untrusted text and links made harmless for Slack: its markup cannot start, and a length limit never cuts an entity in half. */

const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

/** C0 and C1 controls except line feed, and the bidirectional overrides that make a text read differently than it is. */
// oxlint-disable-next-line no-control-regex -- these are the characters to remove
const invisible = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const ellipsis = '…';

/**
 * Escapes `&`, `<` and `>` (every mention, link and date of Slack's markup starts with `<`) and cuts the result to at
 * most `max` UTF-16 units. A lone surrogate is replaced, because Slack refuses a body that is not valid UTF-8.
 */
export function escapeText(text: string, max: number): string {
  const clean = text
    .toWellFormed()
    .replaceAll(/\r\n?|\t/gu, whitespace)
    .replaceAll(invisible, '');
  let result = '';
  // Where to cut so that the ellipsis still fits, should the text turn out to be too long.
  let cut = 0;
  for (const character of clean) {
    const escaped = entities.get(character) ?? character;
    if (result.length + escaped.length > max) {
      return result.slice(0, cut) + ellipsis;
    }
    result += escaped;
    if (result.length + ellipsis.length <= max) {
      cut = result.length;
    }
  }
  return result;
}

function whitespace(match: string): string {
  return match === '\t' ? ' ' : '\n';
}

/**
 * A Slack link, or undefined for anything but an https URL without credentials. The label must not hold `|` or `>`
 * unescaped, so it is escaped here as well.
 */
export function link(url: string, label: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') {
    return undefined;
  }
  const href = parsed.href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E');
  if (href.length > 2000) {
    return undefined;
  }
  return `<${href.replaceAll('&', '&amp;')}|${escapeText(label, 200).replaceAll('|', '¦')}>`;
}
