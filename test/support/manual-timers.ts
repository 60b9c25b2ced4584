import type { Clock, Timers } from '../../src/core/time.ts';

export interface ManualTimers extends Timers {
  /** Runs the pending timers that were set for at most `milliseconds`, oldest first, and returns how many. */
  fire(milliseconds?: number): number;
  pending(): number[];
}

/** Timers that run only when a test says so. */
export function manualTimers(): ManualTimers {
  const waiting = new Map<number, { milliseconds: number; work: () => void }>();
  let next = 0;
  return {
    after(milliseconds, work) {
      const key = next;
      next += 1;
      waiting.set(key, { milliseconds, work });
      return () => waiting.delete(key);
    },
    fire(milliseconds = Number.POSITIVE_INFINITY) {
      const due = [...waiting].filter(([, timer]) => timer.milliseconds <= milliseconds);
      for (const [key, timer] of due) {
        if (waiting.delete(key)) timer.work();
      }
      return due.length;
    },
    pending: () => [...waiting.values()].map((timer) => timer.milliseconds),
  };
}

export const fixedClock: Clock = { now: () => Date.parse('2026-11-20T12:00:00Z') };
