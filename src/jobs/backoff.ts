import type { Random } from '../core/ports.ts';
import { HOUR, type Instant, MINUTE, SECOND } from '../core/time.ts';

/** How long to wait after the first, second … failed run; the last one repeats. */
export const BACK_OFF: readonly number[] = [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR];

/** Part of the wait that is added at random, so that what failed together does not come back together. */
const SPREAD = 0.1;

/** When a job that has just failed is tried again. `attempts` counts the failed runs, this one included. */
export function retryAt(now: Instant, attempts: number, random: Random): Instant {
  const wait = BACK_OFF[Math.min(attempts, BACK_OFF.length) - 1] ?? SECOND;
  const share = (random.bytes(1)[0] ?? 0) / 255;
  return now + Math.round(wait * (1 + SPREAD * share));
}
