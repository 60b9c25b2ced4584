import { type DerElement, DerError, TAG } from './der-reader.ts';

/** The primitive values of DER (X.690 §8, §11), read from elements whose tag was checked. */

const MAX_OID_OCTETS = 64;
/** An arc of 128 bits (X.667 UUIDs under 2.25) takes 19 octets. */
const MAX_ARC_OCTETS = 19;

/** X.690 §8.6, §11.1: 00 or FF. @throws DerError */
export function readBoolean(element: DerElement): boolean {
  const value = element.bytes[element.body];
  if (element.end - element.body !== 1 || (value !== 0 && value !== 0xff)) {
    throw new DerError('a boolean is not 00 or FF', element.start);
  }
  return value === 0xff;
}

/** Content octets of an INTEGER in shortest form (X.690 §8.3.2), sign octet included, as a view. @throws DerError */
export function readInteger(element: DerElement): Uint8Array {
  const { bytes, body, end } = element;
  if (body === end) throw new DerError('an integer is empty', element.start);
  if (end - body > 1) {
    const first = bytes[body] as number;
    const second = bytes[body + 1] as number;
    if ((first === 0 && second < 0x80) || (first === 0xff && second > 0x7f)) {
      throw new DerError('an integer is not minimal', element.start);
    }
  }
  return bytes.subarray(body, end);
}

/** Magnitude octets of an INTEGER above or equal to zero, without a sign octet (empty for 0), as a view. @throws DerError */
export function readUnsigned(element: DerElement): Uint8Array {
  const octets = readInteger(element);
  if ((octets[0] as number) > 0x7f) throw new DerError('an integer is negative', element.start);
  return octets[0] === 0 ? octets.subarray(1) : octets;
}

/** An INTEGER between 0 and 2^31 - 1. @throws DerError */
export function readSmallInteger(element: DerElement): number {
  const octets = readUnsigned(element);
  let value = 0;
  for (const octet of octets.subarray(0, 5)) value = value * 256 + octet;
  if (octets.length > 4 || value > 0x7fffffff) throw new DerError('an integer is too large', element.start);
  return value;
}

/** Octets of a BIT STRING that holds whole octets, as a view. @throws DerError */
export function readOctetBits(element: DerElement): Uint8Array {
  if (element.bytes[element.body] !== 0 || element.body === element.end) {
    throw new DerError('a bit string does not hold whole octets', element.start);
  }
  return element.bytes.subarray(element.body + 1, element.end);
}

/** Numbers of the bits set in a BIT STRING of named bits (X.690 §11.2.2: no trailing zero bits). @throws DerError */
export function readNamedBits(element: DerElement): number[] {
  const unused = element.bytes[element.body];
  const octets = element.bytes.subarray(element.body + 1, element.end);
  if (element.body === element.end || unused === undefined || unused > 7 || octets.length > 8) {
    throw new DerError('a bit string is malformed', element.start);
  }
  const last = octets.at(-1);
  if (last === undefined ? unused !== 0 : (last & ((2 << unused) - 1)) !== 1 << unused) {
    throw new DerError('a bit string is not minimal', element.start);
  }
  return [...octets].flatMap((octet, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => octet & (0x80 >> bit)).map((bit) => index * 8 + bit),
  );
}

/** An OBJECT IDENTIFIER in dotted form (X.690 §8.19). @throws DerError for empty, overlong and non-minimal ones. */
export function readOid(element: DerElement): string {
  const { bytes, body, end } = element;
  if (body === end) throw new DerError('an object identifier is empty', element.start);
  if (end - body > MAX_OID_OCTETS) throw new DerError('an object identifier is too long', element.start);
  if ((bytes[end - 1] as number) > 0x7f) throw new DerError('an object identifier is cut off', element.start);
  let text = '';
  let at = body;
  while (at < end) {
    const start = at;
    if (bytes[at] === 0x80) throw new DerError('an object identifier is not minimal', element.start);
    let arc = 0;
    while ((bytes[at] as number) > 0x7f) arc = arc * 128 + ((bytes[at++] as number) & 0x7f);
    arc = arc * 128 + (bytes[at++] as number);
    if (at - start > 7) text += largeArc(element, start, at);
    else if (start > body) text += `.${arc}`;
    else text = arc < 40 ? `0.${arc}` : arc < 80 ? `1.${arc - 40}` : `2.${arc - 80}`;
  }
  return text;
}

/** Arcs beyond 49 bits, where numbers would lose precision. */
function largeArc(element: DerElement, start: number, end: number): string {
  if (end - start > MAX_ARC_OCTETS)
    throw new DerError('an object identifier has an arc that is too long', element.start);
  let arc = 0n;
  for (const octet of element.bytes.subarray(start, end)) arc = (arc << 7n) | BigInt(octet & 0x7f);
  return start === element.body ? `2.${arc - 80n}` : `.${arc}`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });
// C0 and C1 controls, NUL among them: a name must not read differently to a C program or on a terminal.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/;

/** Whether this tag is one of the string types that `readString` knows. */
export function isString(tag: number): boolean {
  return STRING_TAGS.has(tag);
}

const STRING_TAGS: ReadonlySet<number> = new Set([
  TAG.utf8String,
  TAG.numericString,
  TAG.printableString,
  TAG.t61String,
  TAG.ia5String,
  TAG.visibleString,
  TAG.universalString,
  TAG.bmpString,
]);

/**
 * Text of a character string: UTF8, Printable, Numeric, IA5, Visible, T61 (read as Latin-1, as everybody does), BMP or
 * Universal. PrintableString may hold any printable ASCII, since clients put `*`, `@` and `&` there.
 * @throws DerError for bytes outside the type's alphabet, control characters and NUL.
 */
export function readString(element: DerElement): string {
  const text = decodeString(element);
  if (text === null || CONTROLS.test(text)) {
    throw new DerError('a text holds characters that are not allowed', element.start);
  }
  return text;
}

function decodeString(element: DerElement): string | null {
  const octets = element.bytes.subarray(element.body, element.end);
  switch (element.tag) {
    case TAG.bmpString:
      return octets.length % 2 === 0 ? decode(utf16, octets) : null;
    case TAG.universalString:
      return decodeUtf32(octets);
    case TAG.utf8String:
      // A TextDecoder takes 2 µs a call, this a tenth, and nearly every text is ASCII.
      return isAscii(octets) ? latin1(octets) : decode(utf8, octets);
    case TAG.t61String:
      return latin1(octets);
    default:
      return isString(element.tag) && isAscii(octets) ? latin1(octets) : null;
  }
}

function isAscii(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if ((octets[i] as number) > 0x7f) return false;
  return true;
}

/** For short texts: quicker than a Buffer and its `toString`. */
function latin1(octets: Uint8Array): string {
  let text = '';
  for (let i = 0; i < octets.length; i++) text += String.fromCharCode(octets[i] as number);
  return text;
}

function decode(decoder: TextDecoder, octets: Uint8Array): string | null {
  try {
    return decoder.decode(octets);
  } catch {
    return null;
  }
}

function decodeUtf32(octets: Uint8Array): string | null {
  if (octets.length % 4 !== 0) return null;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  let text = '';
  for (let at = 0; at < octets.length; at += 4) {
    const point = view.getUint32(at);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return null;
    text += String.fromCodePoint(point);
  }
  return text;
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** A UTCTime or GeneralizedTime in milliseconds since 1970 (RFC 5280 §4.1.2.5: seconds, Zulu). @throws DerError */
export function readTime(element: DerElement): number {
  const text = latin1(element.bytes.subarray(element.body, element.end));
  const parts = (element.tag === TAG.utcTime ? UTC_TIME : GENERALIZED_TIME).exec(text);
  if (!parts || (element.tag !== TAG.utcTime && element.tag !== TAG.generalizedTime)) {
    throw new DerError('a time is malformed', element.start);
  }
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const fullYear = element.tag === TAG.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const date = new Date(0);
  date.setUTCFullYear(fullYear, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // Dates such as February 30 roll over; then the fields no longer match.
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) {
    throw new DerError('a time does not exist', element.start);
  }
  return date.getTime();
}
