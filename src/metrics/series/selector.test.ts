import { expect, test } from 'vitest';
import { selectorText } from '../vantage/selector.ts';
import { parseSelector } from './selector.ts';

function read(text: string): string {
  const parsed = parseSelector(text);
  return 'problem' in parsed ? `problem: ${parsed.problem}` : selectorText(parsed);
}

test.each([
  ['up', 'up{}'],
  [' up ', 'up{}'],
  ['ns:requests:total{}', 'ns:requests:total{}'],
  [`a{b="c",d!='e'}`, 'a{b="c",d!="e"}'],
  ['a{ b = "c" , d =~ "5..|0", }', 'a{b="c",d=~"5..|0"}'],
  [String.raw`a{path="/{id}",q="say \"hi\", \\n"}`, String.raw`a{path="/{id}",q="say \"hi\", \\n"}`],
  [String.raw`a{host=~"shop\\.example\\.com.*"}`, String.raw`a{host=~"shop\\.example\\.com.*"}`],
])('%s is read as data', (text, expected) => {
  expect(read(text)).toBe(expected);
});

test.each([
  'rate(a[1m])',
  'a[5m]',
  'a{b="c"}[5m]',
  'a{b="c"} or b',
  'a{b="c"}, other{d="e"}',
  'a{b="c"',
  'a{b=c}',
  'a{b="c" d="e"}',
  'a{"quoted"="c"}',
  'a{b=~"("}',
  'a{b=~"(x+x+)+y"}',
  'a{b=~"(.*)*"}',
  'a{b=~".*.*.*.*"}',
  'a{b=~"x{1,9}"}',
  String.raw`a{b="\x41"}`,
  '{b="c"}',
  '',
])('%s is refused with a reason', text => {
  expect(read(text)).toMatch(/^problem: .{10,}/u);
});

test('a pattern that is let through is matched at once, whatever the label', () => {
  const parsed = parseSelector('a{b=~".*a.*a.+z"}');
  expect(parsed).not.toHaveProperty('problem');
});
