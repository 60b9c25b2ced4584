import { randomBytes } from 'node:crypto';
import type { Random } from '../core/ports.ts';
import type { Clock } from '../core/time.ts';

export const systemClock: Clock = { now: () => Date.now() };

export const systemRandom: Random = { bytes: (length) => Uint8Array.from(randomBytes(length)) };
