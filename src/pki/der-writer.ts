import type { Instant } from '../core/time.ts';
import { TAG } from './der-reader.ts';

/**
 * Writes DER (X.690 §10, §11). Each function gives one complete element; composed ones take complete elements.
 * Parts are copied once per level: for the shallow trees of X.509 that was as fast as one pass from the back.
 */

/** One element: tag octet, length, and the parts in a row. Low tag numbers only. */
export function tlv(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = Buffer.allocUnsafe(headerLength(length) + length);
  out[0] = tag;
  let offset = writeLength(out, length);
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Complete elements in a row, without a header of their own. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function sequence(parts: readonly Uint8Array[]): Uint8Array {
  return tlv(TAG.sequence, parts);
}

/** SET OF with elements in the order given; the caller sorts where there are several (X.690 §11.6). */
export function set(parts: readonly Uint8Array[]): Uint8Array {
  return tlv(TAG.set, parts);
}

/** `[number]` around complete elements. */
export function explicit(number: number, parts: readonly Uint8Array[]): Uint8Array {
  return tlv(0xa0 | number, parts);
}

/** `[number] IMPLICIT` of a primitive type: the content octets under another tag. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return tlv(0x80 | number, [content]);
}

/** An unsigned whole number, from a safe integer or from big-endian octets of any length. */
export function integer(value: number | Uint8Array): Uint8Array {
  return tlv(TAG.integer, [unsignedContent(typeof value === 'number' ? numberOctets(value) : value)]);
}

export function enumerated(value: number): Uint8Array {
  return tlv(TAG.enumerated, [Uint8Array.of(value)]);
}

const TRUE = Uint8Array.of(TAG.boolean, 1, 0xff);

/** `TRUE`; `FALSE` is the default wherever X.509 uses it, and DER omits defaults (X.690 §11.5). */
export function booleanTrue(): Uint8Array {
  return TRUE;
}

export function nullValue(): Uint8Array {
  return Uint8Array.of(TAG.null, 0);
}

/** A BIT STRING of whole octets. */
export function bitString(octets: Uint8Array): Uint8Array {
  return tlv(TAG.bitString, [Uint8Array.of(0), octets]);
}

/** A BIT STRING with named bits (bit 0 first), trailing zeros cut off (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  const highest = Math.max(...bits);
  const octets = new Uint8Array(1 + (highest >> 3) + 1);
  octets[0] = 7 - (highest & 7);
  for (const bit of bits) {
    const at = 1 + (bit >> 3);
    octets[at] = (octets[at] as number) | (0x80 >> (bit & 7));
  }
  return tlv(TAG.bitString, [octets]);
}

export function octetString(octets: Uint8Array): Uint8Array {
  return tlv(TAG.octetString, [octets]);
}

export function utf8String(text: string): Uint8Array {
  return tlv(TAG.utf8String, [Buffer.from(text, 'utf8')]);
}

/** The caller has checked that the text fits the character set. */
export function printableString(text: string): Uint8Array {
  return tlv(TAG.printableString, [Buffer.from(text, 'latin1')]);
}

export function ia5String(text: string): Uint8Array {
  return tlv(TAG.ia5String, [Buffer.from(text, 'latin1')]);
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) octets.push(...base128(arc));
  return tlv(TAG.oid, [Uint8Array.from(octets)]);
}

/** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). Parts of a second are cut off. */
export function time(at: Instant): Uint8Array {
  const text = new Date(at).toISOString();
  const short = text.slice(0, 4) < '2050';
  const digits = `${text.slice(short ? 2 : 0, 4)}${text.slice(5, 7)}${text.slice(8, 10)}${text.slice(11, 13)}`;
  const content = `${digits}${text.slice(14, 16)}${text.slice(17, 19)}Z`;
  return tlv(short ? TAG.utcTime : TAG.generalizedTime, [Buffer.from(content, 'latin1')]);
}

function headerLength(length: number): number {
  if (length < 0x80) return 2;
  if (length < 0x100) return 3;
  if (length < 0x10000) return 4;
  return length < 0x1000000 ? 5 : 6;
}

function writeLength(out: Uint8Array, length: number): number {
  const header = headerLength(length);
  if (header === 2) {
    out[1] = length;
    return 2;
  }
  out[1] = 0x80 | (header - 2);
  for (let index = header - 1, rest = length; index > 1; index--, rest >>>= 8) out[index] = rest & 0xff;
  return header;
}

function numberOctets(value: number): Uint8Array {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** Shortest two's complement form of a number that is not negative (X.690 §8.3.2). */
function unsignedContent(octets: Uint8Array): Uint8Array {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const trimmed = start === 0 ? octets : octets.subarray(start);
  const first = trimmed[0] ?? 0;
  return first < 0x80 && trimmed.length > 0 ? trimmed : Buffer.concat([Uint8Array.of(0), trimmed]);
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80);
  return octets;
}
