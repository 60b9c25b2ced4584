import type { Clock } from '../core/time.ts';

export interface RateLimit {
  /** Calls a second in the long run; 0 for no limit. */
  perSecond: number;
  /** Calls at once after a rest. */
  burst: number;
  /** Keys remembered at most; beyond it the longest unseen are forgotten, in the caller's favour. */
  maxKeys?: number;
}

export interface RateLimiter {
  /** Takes one call. Answers 0 where it is granted, else the whole seconds (1 or more) until it would be. */
  take(key: string): number;
  /** Keys remembered now. */
  readonly size: number;
}

/**
 * The generic cell rate algorithm: for each key only the moment is kept at which its allowance is whole again. A
 * refused call takes nothing.
 */
export function createRateLimiter({ perSecond, burst, maxKeys = 100_000 }: RateLimit, clock: Clock): RateLimiter {
  if (perSecond === 0) return { take: () => 0, size: 0 };
  const interval = 1_000 / perSecond;
  const tolerance = interval * (burst - 1);
  // In order of the last granted call, so that the first key is the longest unseen.
  const wholeAt = new Map<string, number>();

  function take(key: string): number {
    const now = clock.now();
    const from = Math.max(now, wholeAt.get(key) ?? now);
    const wait = from - tolerance - now;
    if (wait > 0) return Math.ceil(wait / 1_000);
    wholeAt.delete(key);
    wholeAt.set(key, from + interval);
    if (wholeAt.size > maxKeys) forget(now);
    return 0;
  }

  /** At least one key goes, and every rested one that comes before the first that is not. */
  function forget(now: number): void {
    for (const [key, at] of wholeAt) {
      if (at > now && wholeAt.size <= maxKeys) return;
      wholeAt.delete(key);
    }
  }

  return {
    take,
    get size() {
      return wholeAt.size;
    },
  };
}
