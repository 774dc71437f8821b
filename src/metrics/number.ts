/** Reads numbers as Prometheus writes them, and nothing else that JavaScript would take for one. */

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const special: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
]);

/**
 * Undefined for anything else: `Number` would turn an empty text into 0, which passes every maximum, and `parseFloat`
 * would read `12abc` as 12. Also for a finite text too large for a double.
 */
export function parsePrometheusNumber(text: string): number | undefined {
  if (!decimal.test(text)) return special.get(text);
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
