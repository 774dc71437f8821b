/** Puts values into PromQL as data. */
import { quoted } from './template-functions.ts';

/** Matches the whole label value. */
export function labelIs(label: string, value: string): string {
  return `${label}=${quoted(value)}`;
}

/** `pattern` is RE2, anchored at both ends by Prometheus. */
export function labelMatches(label: string, pattern: string): string {
  return `${label}=~${quoted(pattern)}`;
}

/** For use inside a pattern. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}

/** A PromQL duration: whole seconds, at least one. */
export function duration(ms: number): string {
  return `${Math.max(1, Math.floor(ms / 1000))}s`;
}
