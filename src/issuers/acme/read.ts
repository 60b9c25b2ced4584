/** Reading what a CA answers: nothing of it is believed before it was looked at. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Control characters, and those that turn the direction of text, which could disguise what it says. */
const STEERING = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu;

/** A CA's text in one line without steering characters, cut to `most` characters. */
export function cleanText(text: string, most: number): string {
  // Cut first: the text may be as long as the answer.
  const plain = text
    .slice(0, most * 4)
    .replace(STEERING, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = Array.from(plain);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : plain;
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A moment of RFC 3339, as JSON of ACME has them; null for what is none. */
export function momentOf(value: unknown): number | null {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}[Tt ]/.test(value) || value.length > 40) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}
