/** The weights that a canary is given: whole percents, and below one percent whole grains. */

/** The finest weight, in percent. */
export const grain = 0.05;
const grainsPerPercent = Math.round(1 / grain);
/** What is a whole number but for the arithmetic before counts as one. */
const noise = 1e-9;

/** The greatest weight, in percent, within `share` (0 to 1) of the traffic; one grain at least, for none at all would never show anything. */
export function weightWithin(share: number): number {
  const percent = Math.min(100, share * 100) + noise;
  if (percent >= 1) return Math.floor(percent);
  return Math.max(1, Math.floor(percent * grainsPerPercent)) / grainsPerPercent;
}

/** What is left of 100 percent, without the noise of a subtraction. */
export function restOf(weight: number): number {
  return Math.round((100 - weight) * grainsPerPercent) / grainsPerPercent;
}
