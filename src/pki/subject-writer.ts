import { invalidValue } from '../core/errors.ts';
import type { Level } from '../core/products.ts';
import type { Subject } from '../core/records.ts';
import { ia5String, oid, printableString, sequence, set, utf8String } from './der-writer.ts';
import { ATTRIBUTE } from './oids.ts';

interface Attribute {
  oid: Uint8Array;
  encoding: 'utf8' | 'printable' | 'ia5';
  /** Most characters (BR 7.1.4.1, EVG 7.1.4.2). */
  longest: number;
  /** How a violation names it. */
  field: string;
}

const attribute = (type: string, encoding: Attribute['encoding'], longest: number, field: string): Attribute => ({
  oid: oid(type),
  encoding,
  longest,
  field,
});

const JURISDICTION_COUNTRY = attribute(ATTRIBUTE.jurisdictionCountry, 'printable', 2, 'jurisdictionCountry');
const JURISDICTION_STATE = attribute(ATTRIBUTE.jurisdictionState, 'utf8', 128, 'jurisdictionState');
const JURISDICTION_LOCALITY = attribute(ATTRIBUTE.jurisdictionLocality, 'utf8', 128, 'jurisdictionLocality');
const BUSINESS_CATEGORY = attribute(ATTRIBUTE.businessCategory, 'utf8', 128, 'businessCategory');
const SERIAL_NUMBER = attribute(ATTRIBUTE.serialNumber, 'printable', 64, 'registrationNumber');
const COUNTRY = attribute(ATTRIBUTE.countryName, 'printable', 2, 'country');
const STATE = attribute(ATTRIBUTE.stateOrProvinceName, 'utf8', 128, 'state');
const LOCALITY = attribute(ATTRIBUTE.localityName, 'utf8', 128, 'locality');
const POSTAL_CODE = attribute(ATTRIBUTE.postalCode, 'utf8', 40, 'postalCode');
const STREET = attribute(ATTRIBUTE.streetAddress, 'utf8', 128, 'street');
const ORGANIZATION = attribute(ATTRIBUTE.organizationName, 'utf8', 64, 'organization');
const DEPARTMENT = attribute(ATTRIBUTE.organizationalUnitName, 'utf8', 64, 'department');
// RFC 5280 appendix A: ub-emailaddress-length.
const EMAIL = attribute(ATTRIBUTE.emailAddress, 'ia5', 255, 'email');
const COMMON_NAME = attribute(ATTRIBUTE.commonName, 'utf8', 64, 'commonName');

/** Longest common name (BR 7.1.4.1, RFC 5280 ub-common-name), characters. */
export const LONGEST_COMMON_NAME = COMMON_NAME.longest;

/**
 * Subject of a leaf, DER, in the order of BR 7.1.4.2 and never with an OU (BR 7.1.2.7): DV holds the common name
 * only, OV the organization and where it is, EV its registration as well. `commonName` null leaves it out.
 * @throws DeskError `invalid-value` where a value is missing, too long or not encodable.
 */
export function leafSubject(level: Level, subject: Subject, commonName: string | null): Uint8Array {
  const name = commonName === null ? [] : [relative(COMMON_NAME, commonName)];
  if (level === 'DV') return sequence(name);
  if (!subject.state && !subject.locality) {
    throw invalidValue('subject.locality', `A certificate of level ${level} needs a state or a locality`);
  }
  return sequence([
    ...(level === 'EV' ? registration(subject) : []),
    relative(COUNTRY, needed(COUNTRY, level, subject.country)),
    ...optional(STATE, subject.state),
    ...optional(LOCALITY, subject.locality),
    ...optional(POSTAL_CODE, subject.postalCode),
    ...optional(STREET, subject.street),
    relative(ORGANIZATION, needed(ORGANIZATION, level, subject.organization)),
    ...name,
  ]);
}

/** Name of a CA (BR 7.1.2.10.2): country, organization, common name. */
export function caSubject(country: string, organization: string, commonName: string): Uint8Array {
  return sequence([
    relative(COUNTRY, country),
    relative(ORGANIZATION, organization),
    relative(COMMON_NAME, commonName),
  ]);
}

/**
 * Subject of a request, DER, in the order of OpenSSL: everything that is there, whatever the level; an OU too.
 * @throws DeskError `invalid-value` where a value is too long or not encodable
 */
export function wholeSubject(subject: Subject, commonName: string | null, email: string | null): Uint8Array {
  return sequence([
    ...registration(subject),
    ...optional(COUNTRY, subject.country),
    ...optional(STATE, subject.state),
    ...optional(LOCALITY, subject.locality),
    ...optional(POSTAL_CODE, subject.postalCode),
    ...optional(STREET, subject.street),
    ...optional(ORGANIZATION, subject.organization),
    ...optional(DEPARTMENT, subject.department),
    ...optional(COMMON_NAME, commonName ?? undefined),
    ...optional(EMAIL, email ?? undefined),
  ]);
}

function registration(subject: Subject): Uint8Array[] {
  return [
    ...optional(JURISDICTION_COUNTRY, subject.jurisdictionCountry),
    ...optional(JURISDICTION_STATE, subject.jurisdictionState),
    ...optional(JURISDICTION_LOCALITY, subject.jurisdictionLocality),
    ...optional(BUSINESS_CATEGORY, subject.businessCategory),
    ...optional(SERIAL_NUMBER, subject.registrationNumber),
  ];
}

function needed(kind: Attribute, level: Level, value: string | undefined): string {
  if (value) return value;
  throw invalidValue(`subject.${kind.field}`, `A certificate of level ${level} needs the ${kind.field} of its subject`);
}

function optional(kind: Attribute, value: string | undefined): Uint8Array[] {
  return value ? [relative(kind, value)] : [];
}

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]+$/;
// C0 and C1 controls, and what shows text in another order than it is stored.
const UNSAFE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

const ENCODINGS = {
  utf8: { fits: (value: string) => !UNSAFE.test(value) && value.isWellFormed(), write: utf8String },
  printable: { fits: (value: string) => PRINTABLE.test(value), write: printableString },
  ia5: { fits: (value: string) => VISIBLE_ASCII.test(value), write: ia5String },
} as const;

function relative(kind: Attribute, value: string): Uint8Array {
  const field = kind === COMMON_NAME || kind === EMAIL ? kind.field : `subject.${kind.field}`;
  if (Array.from(value).length > kind.longest) {
    throw invalidValue(field, `The ${kind.field} is longer than ${kind.longest} characters`, value);
  }
  if (kind.longest === 2 && !/^[A-Z]{2}$/.test(value)) {
    throw invalidValue(field, `The ${kind.field} must be two capital letters (ISO 3166-1)`, value);
  }
  if (!ENCODINGS[kind.encoding].fits(value)) {
    throw invalidValue(field, `The ${kind.field} holds characters that a certificate must not carry`, value);
  }
  return set([sequence([kind.oid, ENCODINGS[kind.encoding].write(value)])]);
}
