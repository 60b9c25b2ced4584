import { invalidValue } from '../errors.ts';

/** What stands on screens and in mails: no control characters, not empty. Lengths in UTF-16 units. */

/** @throws DeskError `invalid-value` */
export function checkedText(field: string, value: string, longest = 255): string {
  const text = value.trim();
  if (text === '') throw invalidValue(field, 'must not be empty');
  if (text.length > longest) throw invalidValue(field, `has at most ${longest} characters`);
  if (/\p{Cc}/u.test(text)) throw invalidValue(field, 'must not contain control characters');
  return text;
}

export function checkedOptional(field: string, value: string | null, longest = 255): string | null {
  return value === null || value.trim() === '' ? null : checkedText(field, value, longest);
}

/** @throws DeskError `invalid-value` */
export function checkedEmail(field: string, value: string): string {
  const text = checkedText(field, value);
  if (!isEmail(text)) throw invalidValue(field, 'must be an e-mail address', text);
  return text;
}

/** One address as RFC 5321 §4.1.2 knows it, without quoted local parts and address literals. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@"<>(),:;\\[\]]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.)+[\p{L}\p{N}-]{2,63}$/u.test(text);
}
