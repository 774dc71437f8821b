/** A service in simulated time: requests arrive at random on both sides, some go wrong, and Prometheus looks now and then. */
import type { Random } from '../sim/random.ts';
import { burst, poisson } from './chance.ts';

/** What is the case; rates are shares of bad requests, times are seconds since the canary was opened to traffic. */
export interface Scenario {
  readonly requestsPerSecond: number;
  readonly primaryRate: (at: number) => number;
  readonly canaryRate: (at: number) => number;
  /** Coefficient of variation of both rates from one 5 s to the next, independently. */
  readonly bursts?: number;
  /** Seconds between two scrapes; 15 by default. */
  readonly scrape?: number;
}

/** Counters as they were at a scrape. */
export interface Sample {
  readonly at: number;
  readonly good: number;
  readonly bad: number;
}

export interface Service {
  readonly scrape: number;
  readonly now: () => number;
  /** Share of the requests that goes to the canary from now on. */
  setShare(share: number): void;
  /** Lets time pass. */
  advance(to: number): void;
  /** Samples so far, oldest first; each side has its own moment of being scraped. */
  readonly canary: readonly Sample[];
  readonly primary: readonly Sample[];
  /** Requests that the canary failed so far. */
  readonly failed: () => number;
}

const SLOT = 5;

interface Side {
  good: number;
  bad: number;
  nextScrape: number;
  readonly samples: Sample[];
}

/** Time starts `before` seconds before the canary is opened. */
export function createService(scenario: Scenario, random: Random, before: number): Service {
  const scrape = scenario.scrape ?? 15;
  let now = -before;
  let share = 0;
  const canary: Side = { good: 0, bad: 0, nextScrape: random.next() * scrape, samples: [] };
  const primary: Side = { good: 0, bad: 0, nextScrape: now + random.next() * scrape, samples: [] };
  let slotEnd = now;
  let factors = { canary: 1, primary: 1 };

  function serve(side: Side, requests: number, rate: number): void {
    const capped = Math.min(1, rate);
    side.good += poisson(requests * (1 - capped), random);
    side.bad += poisson(requests * capped, random);
  }

  function look(side: Side): void {
    if (now < side.nextScrape) return;
    side.samples.push({ at: now, good: side.good, bad: side.bad });
    side.nextScrape += scrape;
  }

  function nextSlot(): void {
    const { bursts } = scenario;
    slotEnd = now < 0 && bursts === undefined ? 0 : now + SLOT;
    if (bursts !== undefined) factors = { canary: burst(bursts, random), primary: burst(bursts, random) };
  }

  return {
    scrape,
    now: () => now,
    setShare: next => {
      share = next;
    },
    advance: to => {
      while (now < to) {
        if (now >= slotEnd) nextSlot();
        const until = Math.min(to, slotEnd, canary.nextScrape, primary.nextScrape);
        const middle = (now + until) / 2;
        const requests = (until - now) * scenario.requestsPerSecond;
        if (share > 0) serve(canary, requests * share, scenario.canaryRate(middle) * factors.canary);
        serve(primary, requests * (1 - share), scenario.primaryRate(middle) * factors.primary);
        now = until;
        look(canary);
        look(primary);
      }
    },
    canary: canary.samples,
    primary: primary.samples,
    failed: () => canary.bad,
  };
}
