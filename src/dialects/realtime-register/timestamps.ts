import type { Instant } from '../../core/time.ts';

/** A moment as `yyyy-MM-dd'T'HH:mm:ssZ`, without fractions. */
export function formatTimestamp(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** The moment that a text names: date, or date and time, with `Z`, an offset or (as UTC) neither; null for anything else. */
export function parseTimestamp(text: string): Instant | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', zone = 'Z'] = match;
  const parts = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const local = Date.UTC(parts[0], parts[1] - 1, parts[2], parts[3], parts[4], parts[5]);
  if (!isSameDay(local, parts) || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return null;
  const offset = offsetOf(zone);
  return offset === null ? null : local - offset;
}

/**
 * A moment as PHP serialises its DateTime: `{"date":"2026-01-02 10:00:00.000000","timezone_type":2,"timezone":"Z"}`.
 * The zone is an offset, `Z`, `UTC`, `GMT`, or the name of a zone (`Europe/Amsterdam`). Null where it cannot be read.
 */
export function parsePhpDate(date: string, timezone: string): Instant | null {
  const local = parseTimestamp(date);
  if (local === null) return null;
  const zone = timezone === 'UTC' || timezone === 'GMT' ? 'Z' : timezone;
  if (/^(Z|[+-]\d{2}:?\d{2})$/.test(zone)) {
    const offset = offsetOf(zone);
    return offset === null ? null : local - offset;
  }
  return fromNamedZone(local, zone);
}

function isSameDay(local: Instant, parts: readonly number[]): boolean {
  const date = new Date(local);
  return date.getUTCMonth() + 1 === parts[1] && date.getUTCDate() === parts[2];
}

/** Milliseconds east of UTC. */
function offsetOf(zone: string): number | null {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 18 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function fromNamedZone(local: Instant, zone: string): Instant | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    return null;
  }
  const name =
    format
      .formatToParts(local)
      .find((part) => part.type === 'timeZoneName')
      ?.value.slice(3) ?? '';
  const offset = offsetOf(name === '' ? 'Z' : name);
  return offset === null ? null : local - offset;
}
