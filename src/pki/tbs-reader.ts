import ipaddr from 'ipaddr.js';
import type { Instant } from '../core/time.ts';
import { constructedContextTag, contextTag, type DerElement, inside, readWhole, TAG, whole } from './der-reader.ts';
import { readBoolean, readInteger, readOid, readSmallInteger, readTime } from './der-values.ts';
import { EXTENSION } from './oids.ts';

/** The to-be-signed part of a certificate of ours as it is written, for the lint and for opening the CA. Views into the input, nothing interpreted twice. */
export interface ReadTbs {
  version: number;
  /** Content octets, sign octet included. */
  serial: Uint8Array;
  signatureAlgorithm: Uint8Array;
  issuer: Uint8Array;
  notBefore: ReadTime;
  notAfter: ReadTime;
  /** The subject, DER, as a whole and attribute by attribute. */
  subjectName: Uint8Array;
  subject: { type: string; value: DerElement; single: boolean }[];
  spki: Uint8Array;
  extensions: ReadExtension[];
  /** By OID; the last one where a type stands twice. */
  byType: ReadonlyMap<string, ReadExtension>;
}

export interface ReadTime {
  at: Instant;
  tag: number;
}

export interface ReadExtension {
  type: string;
  critical: boolean;
  /** DER inside the OCTET STRING. */
  value: Uint8Array;
}

/** @throws DerError where the bytes are not a version 3 TBSCertificate with extensions and nothing else. */
export function readTbs(der: Uint8Array): ReadTbs {
  const cursor = inside(readWhole(der, TAG.sequence, 'the certificate'));
  const version = inside(cursor.next(constructedContextTag(0), 'the version')).next(TAG.integer, 'the version');
  const serial = cursor.next(TAG.integer, 'the serial');
  const signatureAlgorithm = cursor.next(TAG.sequence, 'the signature algorithm');
  const issuer = cursor.next(TAG.sequence, 'the issuer');
  const validity = inside(cursor.next(TAG.sequence, 'the validity'));
  const notBefore = validity.any();
  const notAfter = validity.any();
  validity.done('the validity');
  const subject = cursor.next(TAG.sequence, 'the subject');
  const spki = cursor.next(TAG.sequence, 'the public key');
  const wrapper = inside(cursor.next(constructedContextTag(3), 'the extensions'));
  const extensions = readExtensions(wrapper.next(TAG.sequence, 'the extensions'));
  wrapper.done('the extensions');
  cursor.done('the certificate');
  return {
    version: readSmallInteger(version),
    serial: readInteger(serial),
    signatureAlgorithm: whole(signatureAlgorithm),
    issuer: whole(issuer),
    notBefore: { at: readTime(notBefore), tag: notBefore.tag },
    notAfter: { at: readTime(notAfter), tag: notAfter.tag },
    subjectName: whole(subject),
    subject: readSubject(subject),
    spki: whole(spki),
    extensions,
    byType: new Map(extensions.map((extension) => [extension.type, extension])),
  };
}

function readSubject(name: DerElement): ReadTbs['subject'] {
  const attributes: ReadTbs['subject'] = [];
  const cursor = inside(name);
  while (cursor.more) {
    const relative = inside(cursor.next(TAG.set, 'a relative name'));
    const attribute = inside(relative.next(TAG.sequence, 'an attribute'));
    const type = readOid(attribute.next(TAG.oid, 'the type of an attribute'));
    const value = attribute.any();
    attribute.done('an attribute');
    attributes.push({ type, value, single: !relative.more });
  }
  return attributes;
}

function readExtensions(list: DerElement): ReadExtension[] {
  const extensions: ReadExtension[] = [];
  const cursor = inside(list);
  while (cursor.more) {
    const parts = inside(cursor.next(TAG.sequence, 'an extension'));
    const type = readOid(parts.next(TAG.oid, 'the type of an extension'));
    const flag = parts.optional(TAG.boolean);
    const value = parts.next(TAG.octetString, 'the value of an extension');
    parts.done('an extension');
    extensions.push({
      type,
      critical: flag !== null && readBoolean(flag),
      value: value.bytes.subarray(value.body, value.end),
    });
  }
  return extensions;
}

/** To-be-signed part of a certificate, as a view. @throws DerError */
export function tbsOf(certificate: Uint8Array): Uint8Array {
  const cursor = inside(readWhole(certificate, TAG.sequence, 'the certificate'));
  return whole(cursor.next(TAG.sequence, 'the certificate'));
}

/** `ip:` and the address as text; empty where the octets are none (RFC 5280 §4.2.1.6). */
function addressOf(octets: Uint8Array): string {
  if (octets.length !== 4 && octets.length !== 16) return '';
  return `ip:${ipaddr.fromByteArray([...octets]).toString()}`;
}

/**
 * dNSName entries of the SAN, `ip:` before an iPAddress; an empty text stands for an entry of another kind.
 * @throws DerError
 */
export function readSanNames(tbs: ReadTbs): string[] {
  const san = tbs.byType.get(EXTENSION.subjectAltName);
  if (san === undefined) return [];
  const names: string[] = [];
  const cursor = inside(readWhole(san.value, TAG.sequence, 'the alternative names'));
  while (cursor.more) {
    const { bytes, tag, body, end } = cursor.any();
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + body, end - body);
    names.push(tag === contextTag(2) ? value.toString('latin1') : tag === contextTag(7) ? addressOf(value) : '');
  }
  return names;
}
