/** Durations as people write them in our kinds: `10s`, `1m30s`, `1h` (the form of the Gateway API). */

/** At most four numbers of five digits, each with a unit: small enough that no sum overflows anywhere. */
export const durationPattern = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/;

const unitMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

function isUnit(text: string | undefined): text is keyof typeof unitMs {
  return text !== undefined && Object.hasOwn(unitMs, text);
}

/** The duration in milliseconds; undefined when the text is not one. */
export function durationMs(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) {
    if (isUnit(unit)) sum += Number(count) * unitMs[unit];
  }
  return sum;
}
