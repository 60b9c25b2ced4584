import { DAY, SECOND, type Instant } from '../../core/time.ts';

/** A moment as `2018-10-16T20:05:28+00:00`. */
export function formatTimestamp(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}+00:00`;
}

/** The day of a moment as `2026-01-31`, UTC. */
export function formatDate(at: Instant): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Whole days from `now` until a moment; below zero where it has passed. */
export function daysUntil(at: Instant, now: Instant): number {
  return Math.floor((at - now) / DAY);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T +](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const NAMED = /^(\d{1,2})[ -]([a-z]{3})[a-z]{0,6}[ -](\d{4})$/i;

/**
 * The last second of the day that a text names: `21 DEC 2021`, `2021-12-21`, or `2021-12-21T00:00:00` (of which the
 * time does not count). Null for anything else.
 */
export function endOfDay(text: string): Instant | null {
  const start = startOfDay(text);
  return start === null ? null : start + DAY - SECOND;
}

function startOfDay(text: string): Instant | null {
  const named = NAMED.exec(text);
  if (named !== null) {
    const [, day, month = '', year] = named;
    return instantOf(Number(year), MONTHS.indexOf(month.toLowerCase()) + 1, Number(day));
  }
  const iso = ISO.exec(text);
  return iso === null ? null : instantOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
}

function instantOf(year: number, month: number, day: number): Instant | null {
  const at = Date.UTC(year, month - 1, day);
  const date = new Date(at);
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day ? at : null;
}

/** A span of time: from its first moment to its last. */
export interface Span {
  from: Instant;
  to: Instant;
}

/** The day or the second that a text names, in any of the forms that the vendor writes; null for anything else. */
export function spanOf(text: string): Span | null {
  const day = startOfDay(text);
  if (day === null) return null;
  const [, , , , hour, minute, second = '0', zone = 'Z'] = ISO.exec(text) ?? [];
  if (hour === undefined || minute === undefined) return { from: day, to: day + DAY - 1 };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const local = day + (Number(hour) * 3_600 + Number(minute) * 60 + Number(second)) * SECOND;
  const from = local - offsetOf(zone);
  return { from, to: from + SECOND - 1 };
}

/** Milliseconds east of UTC. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60 * SECOND;
}
