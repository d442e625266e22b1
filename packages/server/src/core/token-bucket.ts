/**
 * A rate with a bound: a bucket holds at most `size` tokens, is full at first and fills again at
 * `perSecond`. What is not used within a full bucket is not saved up. Pure: the caller keeps the
 * bucket and knows the time.
 */
export interface TokenBucket {
  readonly tokens: number;
  readonly atMs: number;
}

export interface TokenRate {
  readonly size: number;
  readonly perSecond: number;
}

/** The bucket after one token was taken; undefined when there is none. A new bucket is full. */
export function takeToken(
  bucket: TokenBucket | undefined,
  rate: TokenRate,
  nowMs: number,
): TokenBucket | undefined {
  const tokens = tokensIn(bucket, rate, nowMs);
  return tokens < 1 ? undefined : { tokens: tokens - 1, atMs: nowMs };
}

/** Nothing is lost when such a bucket is forgotten. */
export function isFull(bucket: TokenBucket, rate: TokenRate, nowMs: number): boolean {
  return tokensIn(bucket, rate, nowMs) >= rate.size;
}

function tokensIn(bucket: TokenBucket | undefined, rate: TokenRate, nowMs: number): number {
  if (bucket === undefined) return rate.size;
  const grown = bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * rate.perSecond;
  return Math.min(rate.size, grown);
}
