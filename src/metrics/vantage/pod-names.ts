/** Which pods are an arm's, by the names that Kubernetes gives them. */
import type { Arm } from './family.ts';
import { escapeRegex } from './selector.ts';

/** The letters and digits of which Kubernetes makes hashes and suffixes; `primary` cannot be spelled with them. */
const generated = '[bcdfghjklmnpqrstvwxz2456789]';
/** From here on the pods' names are cut, first the dash before the suffix, then `-primary` beyond recognition. */
const longestWhole = 46;
const longestTold = 53;
/** What stands before the five generated characters is cut to this. */
const longestBase = 58;

/** A pattern for pods of the target (canary) or of its primary; undefined where the names are too long to tell them apart. */
export function podPattern(target: string, arm: Arm): string | undefined {
  if (target.length > longestTold) return undefined;
  const owner = arm === 'canary' ? target : `${target}-primary`;
  if (owner.length >= longestBase) return `${escapeRegex(owner.slice(0, longestBase))}${generated}{5}`;
  const suffix =
    owner.length > longestWhole
      ? `(${generated}|-){5,16}`
      : // Deployments put a hash before the suffix, DaemonSets do not. Pods of `<target>-<word>` match neither.
        `(${generated}{6,10}-)?${generated}{5}`;
  return `${escapeRegex(owner)}-${suffix}`;
}
