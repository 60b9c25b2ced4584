/** A moment in milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** BR 1.6.1: one day is 86,400 seconds. */
export const DAY = 24 * HOUR;

/** Where the time comes from. The heart never asks the system itself. */
export interface Clock {
  now(): Instant;
}

/** Later work of this process. `after` returns a function that calls the work off. */
export interface Timers {
  after(milliseconds: number, work: () => void): () => void;
}

/** The same day and time `months` calendar months later (UTC); the last day of a shorter month. */
export function addMonths(at: Instant, months: number): Instant {
  const date = new Date(at);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime();
}
