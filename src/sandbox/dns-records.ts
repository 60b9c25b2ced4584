import { isIPv4, isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';
import { invalidValue } from '../core/errors.ts';
import { isReserved, plainName, RESERVED_SUFFIXES } from './reserved-names.ts';

export const RECORD_TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'TXT'] as const;
export type PublishedType = (typeof RECORD_TYPES)[number];

/** A record as somebody publishes it, in text. */
export interface RecordText {
  name: string;
  type: string;
  value: string;
}

/** A checked record. `value` is in its plain form, so that two spellings of one record compare equal. */
export interface PublishedRecord {
  name: string;
  type: PublishedType;
  value: string;
}

/** Bytes of a TXT or CAA value. */
const MAX_VALUE = 2_048;

/** Seconds; short, so that what is published counts at once wherever answers are cached. */
export const SANDBOX_TTL = 5;

/**
 * Checks a record by its type: A and AAAA hold an address, CNAME and NS a domain name, MX `10 host`, CAA the text form
 * of RFC 8659 §4.1.1 (`0 issue "ca.example"`), TXT any text of up to 2,048 bytes.
 * @throws DeskError `invalid-value` that names the field: `name`, `type` or `value`
 */
export function readRecord(text: RecordText): PublishedRecord {
  const name = readName(text.name, 'name');
  if (!isReserved(name)) {
    throw invalidValue('name', `The sandbox publishes only names under ${RESERVED_SUFFIXES.join(', ')}`, text.name);
  }
  const type = RECORD_TYPES.find((known) => known === text.type.toUpperCase());
  if (type === undefined) throw invalidValue('type', `Must be one of ${RECORD_TYPES.join(', ')}`, text.type);
  return { name, type, value: readValue(type, text.value) };
}

function readValue(type: PublishedType, value: string): string {
  switch (type) {
    case 'A':
      if (!isIPv4(value)) throw invalidValue('value', 'Must be an IPv4 address', value);
      return value;
    case 'AAAA':
      if (!isIPv6(value) || value.includes('%')) throw invalidValue('value', 'Must be an IPv6 address', value);
      return value.toLowerCase();
    case 'CNAME':
    case 'NS':
      return readName(value, 'value');
    case 'MX':
      return readMx(value);
    case 'CAA':
      return readCaa(value);
    case 'TXT':
      if (value === '' || Buffer.byteLength(value) > MAX_VALUE) {
        throw invalidValue('value', `Must be text of 1 to ${MAX_VALUE} bytes`);
      }
      return value;
  }
}

function readMx(value: string): string {
  const [, preference, host] = /^(\d{1,5}) +(\S+)$/.exec(value) ?? [];
  if (preference === undefined || host === undefined || Number(preference) > 65_535) {
    throw invalidValue('value', 'Must be a preference and a host, as in: 10 mail.shop.example', value);
  }
  return `${Number(preference)} ${readName(host, 'value')}`;
}

function readCaa(value: string): string {
  const parts = /^(\d{1,3})\s+([a-z0-9]{1,15})\s+(?:"([^"]*)"|([^\s"]+))$/i.exec(value);
  const text = parts?.[3] ?? parts?.[4] ?? '';
  if (parts === null || Number(parts[1]) > 255 || Buffer.byteLength(text) > MAX_VALUE) {
    throw invalidValue('value', 'Must be flags, tag and quoted value, as in: 0 issue "ca.example"', value);
  }
  return `${Number(parts[1])} ${parts[2]} "${text}"`;
}

function readName(text: string, field: string): string {
  const name = plainName(text);
  if (name.length > 253 || !name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label))) {
    throw invalidValue(field, 'Must be a domain name of letters, digits, hyphens and underscores (IDNs as xn--)', text);
  }
  return name;
}

/** The record as dns-packet writes it, owned by `owner` (the name in the case in which it was asked). */
export function toAnswer(record: PublishedRecord, owner: string): Answer {
  const common = { name: owner, ttl: SANDBOX_TTL, class: 'IN' } as const;
  switch (record.type) {
    case 'MX': {
      const [preference, exchange = ''] = record.value.split(' ');
      return { ...common, type: 'MX', data: { preference: Number(preference), exchange } };
    }
    case 'CAA': {
      const [, flags, tag, value = ''] = /^(\d+) (\S+) "(.*)"$/s.exec(record.value) ?? [];
      // The library's types know three tags only; it writes any.
      return { ...common, type: 'CAA', data: { flags: Number(flags), tag: tag as 'issue', value } };
    }
    case 'TXT':
      return { ...common, type: 'TXT', data: characterStrings(record.value) };
    default:
      return { ...common, type: record.type, data: record.value };
  }
}

/** RFC 1035 §3.3.14: a text is cut into strings of up to 255 bytes. */
function characterStrings(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) strings.push(bytes.subarray(at, at + 255));
  return strings;
}
