/** Times in PromQL. */

/** A PromQL duration: whole seconds, at least one. */
export function duration(ms: number): string {
  return `${Math.max(1, Math.floor(ms / 1000))}s`;
}
