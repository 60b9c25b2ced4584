import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../core/ports.ts';
import type { Clock } from '../core/time.ts';

export const systemClock: Clock = { now: () => Date.now() };

const POOL = 4_096;
const LARGEST_FROM_POOL = 64;

/** Random octets of the operating system, small ones out of a pool: one call for each takes 20 times as long. */
function pooledRandom(): Random {
  const pool = new Uint8Array(POOL);
  let used = POOL;
  return {
    bytes: (length) => {
      if (length > LARGEST_FROM_POOL) return Uint8Array.from(randomBytes(length));
      if (used + length > POOL) {
        randomFillSync(pool);
        used = 0;
      }
      const bytes = pool.slice(used, used + length);
      // Nothing that was handed out stays behind.
      pool.fill(0, used, used + length);
      used += length;
      return bytes;
    },
  };
}

export const systemRandom: Random = pooledRandom();
