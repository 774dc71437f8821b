/** Rate limits by key with a bounded memory. */

export interface TokenBucketOptions {
  /** How many may pass at once. */
  readonly burst: number;
  /** One more may pass after each so many ms. */
  readonly refillMs: number;
  /** Keys remembered; the longest unused is forgotten, which is to its favour. */
  readonly mostKeys: number;
  readonly now: () => number;
}

/** Answers whether one more of `key` may pass now, and counts it when it may. */
export type TokenBuckets = (key: string) => boolean;

export function createTokenBuckets(options: TokenBucketOptions): TokenBuckets {
  const { burst, refillMs, mostKeys, now } = options;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return key => {
    const at = now();
    const known = buckets.get(key);
    const gained = known === undefined ? burst : Math.max(0, at - known.at) / refillMs;
    const tokens = Math.min(burst, (known?.tokens ?? 0) + gained);
    buckets.delete(key);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at });
    for (const oldest of buckets.keys()) {
      if (buckets.size <= mostKeys) break;
      buckets.delete(oldest);
    }
    return tokens >= 1;
  };
}
