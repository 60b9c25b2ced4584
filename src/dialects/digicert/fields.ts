import { z } from 'zod';

/**
 * Members of bodies, as leniently as this vendor's clients need: whole numbers and switches also as text, zero where
 * an id or a length is meant as nothing at all. Null and empty text were taken out before (`read-body.ts`).
 */

const WHOLE = /^[+-]?\d{1,15}$/;

/** Text on one line: a control character has no place in a name, an address or a mail. */
// oxlint-disable-next-line no-control-regex
const ONE_LINE = /^[^\u0000-\u001f\u007f\u2028\u2029]*$/;
// oxlint-disable-next-line no-control-regex
const SEVERAL_LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/;

function sized(longest: number) {
  return z.string().max(longest, { error: `It may have at most ${longest} characters`, abort: true });
}

/** One line. */
export function text(longest: number) {
  return sized(longest).regex(ONE_LINE, 'It must not hold control characters');
}

/** As `text`; clients also send numbers where text is meant. */
export function lenientText(longest: number) {
  return z.union([z.string(), z.number(), z.boolean()]).transform(String).pipe(text(longest));
}

/** Several lines. */
export function lines(longest: number) {
  return sized(longest).regex(SEVERAL_LINES, 'It must not hold control characters');
}

/** A whole number, also as text. */
export const whole = z.union([z.int(), z.string().regex(WHOLE)]).transform(Number);

/** An id or a length: a whole number above zero, also as text; zero is nothing. */
export const count = whole
  .refine((number) => number >= 0, 'It must not be negative')
  .transform((number) => (number === 0 ? undefined : number));

/** The id of something that must be named. */
export const id = whole.refine((number) => number > 0, 'It must be an id');

/** True or false: as such, as 0 and 1, and as text of these in any case. */
export const flag = z
  .union([z.boolean(), z.literal([0, 1]), z.string().regex(/^(true|false|0|1)$/i)])
  .transform((value) => value === true || value === 1 || /^(true|1)$/i.test(String(value)));

const EMAIL = /^[^\s@<>()[\]\\,;:"]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;

export const email = text(254).regex(EMAIL, 'It must be an e-mail address');

/** A list of at most so many entries. */
export function list<T extends z.ZodType>(entry: T, most: number) {
  return z.array(entry).max(most, { error: `It may hold at most ${most} entries`, abort: true });
}

/** One of a few words. */
export function word<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `It must be one of ${words.join(', ')}` });
}
