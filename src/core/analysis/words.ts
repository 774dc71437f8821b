/** A check's sentence for people: counts, rates and how near the limit the evidence is. */
import type { Counts } from './bet.ts';
import type { Judgement } from './judgement.ts';

const format = new Intl.NumberFormat('en-US');

/** `errors: canary 4.8 % of 1,230 requests, primary 0.1 % of 23,400; evidence 99.7 % of the limit`. */
export function judgementSentence(name: string, judgement: Judgement): string {
  const { outcome, canary, primary, bound, evidence } = judgement;
  if (outcome === 'noData') {
    return `${name}: no request of the ${canary.total > 0 ? 'primary' : 'canary'} so far`;
  }
  const slow = bound === undefined ? '' : ` slower than ${formatSeconds(bound)}`;
  const sides = `canary ${formatCounts(canary)}${slow}, primary ${formatCounts(primary)}`;
  return `${name}: ${sides}; ${conclusion(judgement, formatShare(evidence))}`;
}

function conclusion(judgement: Judgement, evidence: string): string {
  const { outcome, channel, outside, judged, needed } = judgement;
  if (outcome === 'fail') {
    return channel === 'critical'
      ? `far worse, evidence ${evidence} of the limit`
      : `worse, evidence ${evidence} of the limit`;
  }
  const parts = [`evidence ${evidence} of the limit`];
  if (outside === 'both') parts.push('both are outside the objective');
  if (outside === 'canary') parts.push('the canary is outside the objective, not yet proven worse');
  if (outcome === 'inconclusive') {
    parts.push(`${formatCount(judged)} of ${formatCount(needed)} requests needed for a promotion`);
  }
  return parts.join('; ');
}

function formatCounts({ total, bad }: Counts): string {
  return `${formatShare(total > 0 ? bad / total : 0)} of ${formatCount(total)} requests`;
}

/** Percent with the digits that matter: `0.012 %`, `4.8 %`, `99.7 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent >= 99.95) return `${grouped(Math.round(percent))} %`;
  return `${Number(percent >= 10 ? percent.toFixed(1) : percent.toPrecision(2))} %`;
}

/** Rounded, with commas: `23,400`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? grouped(Math.round(count)) : 'ever more';
}

function grouped(whole: number): string {
  return whole >= 0 && whole < 1_000 ? String(whole) : format.format(whole);
}

function formatSeconds(seconds: number): string {
  return seconds < 1
    ? `${Number((seconds * 1000).toPrecision(4))} ms`
    : `${Number(seconds.toPrecision(4))} s`;
}
