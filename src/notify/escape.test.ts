/** The rim between untrusted text and Slack's markup. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, link } from './escape.ts';

describe('escapeText', () => {
  it.each([
    ['<!channel> deploy', '&lt;!channel&gt; deploy'],
    ['<https://evil.example|ok>', '&lt;https://evil.example|ok&gt;'],
    ['a && b', 'a &amp;&amp; b'],
    ['&lt;', '&amp;lt;'],
    ['one\r\ntwo\rthree\tfour', 'one\ntwo\nthree four'],
    ['\u001b[31mred\u0000', '[31mred'],
    ['abc\u202edcba', 'abcdcba'],
    ['lone \ud800 surrogate', 'lone \ufffd surrogate'],
  ])('%j becomes %j', (text, expected) => {
    expect(escapeText(text, 100)).toBe(expected);
  });

  it('never cuts an entity or a surrogate pair in half', () => {
    expect(escapeText('ab<cd', 5)).toBe('ab…');
    expect(escapeText('a😀😀', 4)).toBe('a😀…');
    expect(escapeText('abcde', 5)).toBe('abcde');
  });

  it('holds its limit and leaves no control character, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 80 }), (text, max) => {
        const escaped = escapeText(text, max);
        expect(escaped.length).toBeLessThanOrEqual(max);
        expect(escaped).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/u);
        expect(escaped.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('link', () => {
  it('labels an https URL', () => {
    expect(link('https://git.example/a?x=1&y=2', 'ab<c')).toBe('<https://git.example/a?x=1&amp;y=2|ab&lt;c>');
  });

  it.each([
    'http://git.example/a',
    'javascript:alert(1)',
    'https://user:password@git.example/a',
    'https://token@git.example/a',
    'not a url',
    `https://git.example/${'a'.repeat(3000)}`,
  ])('refuses %s', url => {
    expect(link(url, 'x')).toBeUndefined();
  });

  it('lets neither URL nor label end the link early', () => {
    expect(link('https://git.example/a|b>c#<!here>', 'x|y')).toBe(
      '<https://git.example/a%7Cb%3Ec#%3C!here%3E|x¦y>',
    );
  });
});
