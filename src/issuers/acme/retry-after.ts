import type { Random } from '../../core/ports.ts';
import { DAY, type Instant, SECOND } from '../../core/time.ts';

/** No answer makes the desk wait longer than this, whatever it says. */
const LONGEST = 30 * DAY;

/** The moment that `Retry-After` names (RFC 9110 §10.2.3: seconds or a date), now at the earliest; null for none. */
export function readRetryAfter(header: string | undefined, now: Instant): Instant | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return now + Math.min(Number(text) * SECOND, LONGEST);
  // Only the IMF form: `Date.parse` would read nearly everything.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.min(Math.max(at, now), now + LONGEST);
}

const FIRST = SECOND;
const MOST = 30 * SECOND;

/** When to look again: not before the CA's own `retryAt`, within `cap`; without it ever later, the more looks were in vain. */
export function nextLook(now: Instant, looks: number, retryAt: Instant | null, random: Random, cap: number): Instant {
  const wait = retryAt === null ? Math.min(FIRST * 2 ** Math.min(looks, 10), MOST) : Math.min(retryAt - now, cap);
  return now + spread(Math.max(wait, 0), random);
}

/** Up to a tenth more, so that what waits together does not come back together. Milliseconds. */
export function spread(wait: number, random: Random): number {
  return Math.round(wait * (1 + 0.1 * share(random)));
}

/** Between 0 and 1. */
export function share(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2);
  return (high * 256 + low) / 65_535;
}
