import { z } from 'zod';

/**
 * The restrictions that the vendor's pages print, as schemas. The longest length comes first and ends the check: no
 * pattern ever sees a longer text, which bounds its time.
 */

const NAME = String.raw`(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z][a-z0-9-]{0,61}[a-z0-9])`;

export const DOMAIN_PATTERN = new RegExp(String.raw`^(?:\*\.)?${NAME}$`);
export const PLAIN_DOMAIN_PATTERN = new RegExp(`^${NAME}$`);
export const EMAIL_PATTERN = new RegExp(String.raw`^(?=.{1,64}@)[a-z0-9_\-+]+(?:\.[a-z0-9_\-+]+)*@${NAME}$`);
export const CUSTOMER_PATTERN = /^[a-zA-Z0-9\-_@.]+$/;
export const PHONE_PATTERN = /^\+[0-9]{1,3}\.[0-9]{1,14}$/;
export const UNIQUE_VALUE_PATTERN = /^[a-zA-Z0-9]+$/;

/** Text on one line: a control character has no place in a name, an address or a mail. */
// oxlint-disable-next-line no-control-regex
const ONE_LINE = /^[^\u0000-\u001f\u007f\u2028\u2029]*$/;
// oxlint-disable-next-line no-control-regex
const SEVERAL_LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/;

function sized(min: number, max: number) {
  const error = `size must be between ${min} and ${max}`;
  return z.string().max(max, { error, abort: true }).min(min, { error, abort: true });
}

function matching(min: number, max: number, pattern: RegExp) {
  return sized(min, max).regex(pattern, `must match "${pattern.source}"`);
}

/** Free text on one line; lengths in UTF-16 units. */
export function text(min: number, max: number) {
  return sized(min, max).regex(ONE_LINE, 'must not contain control characters');
}

/** Free text on several lines. */
export function lines(min: number, max: number) {
  return sized(min, max).regex(SEVERAL_LINES, 'must not contain control characters');
}

export const domain = matching(4, 255, DOMAIN_PATTERN);
export const email = matching(6, 255, EMAIL_PATTERN);
export const customer = matching(3, 40, CUSTOMER_PATTERN);
export const phone = matching(4, 17, PHONE_PATTERN);
export const uniqueValue = matching(1, 20, UNIQUE_VALUE_PATTERN);

/** PEM or bare base64; what is in it is for the reader of CSRs and certificates to judge. */
export const pem = lines(1, 65_536);

export const productCode = text(1, 100);
export const period = z
  .int()
  .min(1, 'must be greater than or equal to 1')
  .max(1200, 'must be less than or equal to 1200');

export const LANGUAGES = ['EN', 'NL', 'FR', 'CN', 'DE', 'IT', 'JP', 'KR', 'PT', 'RU', 'ES', 'DK', 'SE', 'TR'] as const;

/** Clients send it in either case. */
export const language = z
  .string()
  .max(10, { error: anyOf(LANGUAGES), abort: true })
  .toUpperCase()
  .pipe(z.enum(LANGUAGES, anyOf(LANGUAGES)));

const DCV_TYPES = ['EMAIL', 'FILE', 'DNS'] as const;

export const dcvType = z.string().pipe(z.enum(DCV_TYPES, anyOf(DCV_TYPES)));

function anyOf(values: readonly string[]): string {
  return `must be any of ${values.join(', ')}`;
}
