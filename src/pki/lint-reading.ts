import { type DerCursor, type DerElement, inside, readWhole, TAG } from './der-reader.ts';
import type { ReadExtension, ReadTbs } from './tbs-reader.ts';

/** How the rules of the lint look into a certificate. */

/** The last element, of this type. @throws DerError */
export function only(cursor: DerCursor, tag: number): DerElement {
  const element = cursor.next(tag, 'an entry');
  cursor.done('a list of one');
  return element;
}

export function wholeSequence(extension: ReadExtension): DerElement {
  return readWhole(extension.value, TAG.sequence, 'the extension');
}

const MISSING: ReadExtension = { type: '', critical: false, value: new Uint8Array() };

/** The extension; where it is missing, one whose value no rule can read. */
export function of(tbs: ReadTbs, type: string): ReadExtension {
  return tbs.byType.get(type) ?? MISSING;
}

/** Elements of the SEQUENCE that fills the extension, all of this type. @throws DerError */
export function items(extension: ReadExtension, tag: number): DerElement[] {
  const cursor = inside(wholeSequence(extension));
  const elements: DerElement[] = [];
  while (cursor.more) elements.push(cursor.next(tag, 'an entry'));
  return elements;
}

export function bytesOf(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.body, element.end);
}

export function latin1(element: DerElement): string {
  const { bytes, body, end } = element;
  return Buffer.from(bytes.buffer, bytes.byteOffset + body, end - body).toString('latin1');
}

export function hex(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex').toUpperCase();
}

export function same(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** Whether the content of the SEQUENCE begins with these octets. */
export function startsInside(der: Uint8Array, prefix: Uint8Array): boolean {
  const { body } = readWhole(der, TAG.sequence, 'the public key');
  return same(der.subarray(body, body + prefix.length), prefix);
}
