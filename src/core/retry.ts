import { DAY, HOUR, MINUTE, SECOND } from './time.ts';

/**
 * When a domain is looked at again after attempt 1, 2, 3 … failed. Most people publish within minutes, while they
 * still look at the page; name servers then need up to an hour to agree; after that a few looks a day are enough.
 */
const DELAYS: readonly number[] = [
  15 * SECOND,
  30 * SECOND,
  1 * MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  1 * HOUR,
  2 * HOUR,
];

/** Every later attempt. */
const LAST_DELAY = 4 * HOUR;

/** BR 3.2.2.4: a random value must not be used for longer than 30 days from its creation; then attempts end. Milliseconds. */
export const CHALLENGE_LIFETIME = 30 * DAY;

/**
 * How long to wait after an attempt that did not pass, in milliseconds.
 * `attempts` counts the attempts made so far; 0 (none yet) means at once.
 */
export function nextAttemptAfter(attempts: number): number {
  if (attempts <= 0) return 0;
  return DELAYS[Math.floor(attempts) - 1] ?? LAST_DELAY;
}
