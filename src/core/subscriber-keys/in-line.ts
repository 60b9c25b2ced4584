import { DeskError } from '../errors.ts';

/** What an account has at work, and what waits for it in its order. */
interface Line {
  running: number;
  waiting: (() => void)[];
}

/**
 * Lines of accounts: of each one's work so much runs at one time and so much waits, so that one account's many keys
 * do not take the places of all others.
 * @throws DeskError `too-many-requests` where the account's own line is full
 */
export function createLines(
  atOnce: number,
  most: number,
): <T>(accountId: number, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<number, Line>();
  return async (accountId, work) => {
    const line = lines.get(accountId) ?? { running: 0, waiting: [] };
    lines.set(accountId, line);
    if (line.running < atOnce) line.running += 1;
    else if (line.waiting.length < most) await new Promise<void>((resolve) => line.waiting.push(resolve));
    else throw new DeskError('too-many-requests', 'Too many keys wait to be made; try again in a moment', RETRY);
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      // Whoever comes next takes the place.
      if (next !== undefined) next();
      else line.running -= 1;
      if (line.running === 0) lines.delete(accountId);
    }
  };
}

/** Seconds. */
const RETRY = { retryAfter: 10 };
