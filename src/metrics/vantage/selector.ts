/** Selectors as text and as a test on labels: values are data in both, whatever they hold. */
import { quoted } from '../template-functions.ts';
import type { Matcher, Selector } from './port.ts';

/** An instant selector; `[30s]` behind it makes it one of raw samples. */
export function selectorText({ metric, matchers }: Selector, ...more: readonly Matcher[]): string {
  const inner = [...matchers, ...more].map(({ label, op, value }) => `${label}${op}${quoted(value)}`);
  return `${metric}{${inner.join(',')}}`;
}

/** As Prometheus: a label that is missing is empty. */
export function isMatched({ label, op, value }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const actual = Object.hasOwn(labels, label) ? labels[label] : '';
  if (op === '=' || op === '!=') return (actual === value) === (op === '=');
  return new RegExp(`^(?:${value})$`, 's').test(actual ?? '') === (op === '=~');
}

/** The label has this value. */
export function is(label: string, value: string): Matcher {
  return { label, op: '=', value };
}

/** The label has any value but none. */
export function isSet(label: string): Matcher {
  return { label, op: '!=', value: '' };
}

/** `pattern` is of the subset that RE2 and JavaScript share; anchored at both ends. */
export function matches(label: string, pattern: string): Matcher {
  return { label, op: '=~', value: pattern };
}

/** For use inside a pattern. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
