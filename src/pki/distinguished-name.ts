import type { Subject } from '../core/records.ts';
import { type DerElement, DerError, inside, TAG } from './der-reader.ts';
import { isString, readOid, readString } from './der-values.ts';

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** Short name (`C`, `O`, `CN` …), dotted OID where there is none. */
  type: string;
  value: string;
}

/** A Name (RFC 5280 §4.1.2.4): relative distinguished names in order, each with one or more attributes. */
export type DistinguishedName = NameAttribute[][];

/** RFC 4514 §3 and OpenSSL's short names. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.18', 'postOfficeBox'],
  ['2.5.4.20', 'telephoneNumber'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
  ['1.2.840.113549.1.9.8', 'unstructuredAddress'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
]);

const MAX_ATTRIBUTES = 64;
/** Characters; the widest upper bound of a known attribute is below it (RFC 5280 appendix A). */
const MAX_VALUE_LENGTH = 512;

/** @throws DerError for malformed names, more than 64 attributes, and values of more than 512 characters. */
export function readName(element: DerElement): DistinguishedName {
  const name: DistinguishedName = [];
  const sets = inside(element);
  let count = 0;
  while (sets.more) {
    const attributes = inside(sets.next(TAG.set, 'a relative distinguished name'));
    const relative: NameAttribute[] = [];
    do {
      relative.push(readAttribute(attributes.next(TAG.sequence, 'an attribute of the name')));
      count += 1;
      if (count > MAX_ATTRIBUTES)
        throw new DerError(`the name has more than ${MAX_ATTRIBUTES} attributes`, element.start);
    } while (attributes.more);
    name.push(relative);
  }
  return name;
}

function readAttribute(element: DerElement): NameAttribute {
  const fields = inside(element);
  const oid = readOid(fields.next(TAG.oid, 'the type of an attribute'));
  const value = fields.any();
  fields.done('an attribute of the name');
  const type = SHORT_NAMES.get(oid) ?? oid;
  if (!isString(value.tag)) throw new DerError(`the attribute ${type} is not a text`, value.start);
  if (value.end - value.body > MAX_VALUE_LENGTH * 4) throw tooLong(type, value);
  const text = readString(value);
  if (text.length > MAX_VALUE_LENGTH) throw tooLong(type, value);
  return { type, value: text };
}

function tooLong(type: string, value: DerElement): DerError {
  return new DerError(`the attribute ${type} has more than ${MAX_VALUE_LENGTH} characters`, value.start);
}

/** Value of the first attribute of this type that is not empty; null where there is none. */
export function firstValue(name: DistinguishedName, type: string): string | null {
  for (const relative of name) {
    for (const attribute of relative) if (attribute.type === type && attribute.value !== '') return attribute.value;
  }
  return null;
}

const SUBJECT_TYPES: readonly [keyof Subject, string][] = [
  ['organization', 'O'],
  ['department', 'OU'],
  ['country', 'C'],
  ['state', 'ST'],
  ['locality', 'L'],
  ['street', 'STREET'],
  ['postalCode', 'postalCode'],
  ['registrationNumber', 'serialNumber'],
];

/** The first value of each attribute that the desk keeps; absent and empty ones are left out. */
export function subjectOf(name: DistinguishedName): Subject {
  const subject: Subject = {};
  for (const [field, type] of SUBJECT_TYPES) {
    const value = firstValue(name, type);
    if (value !== null) subject[field] = value;
  }
  return subject;
}

/**
 * RFC 4514 text: last relative name first, `,` between them, `+` inside them, special characters escaped with `\`.
 * Types without a short name in the RFC's table show OpenSSL's, else the dotted OID, and the value as text.
 */
export function nameText(name: DistinguishedName): string {
  return name
    .map((relative) => relative.map(({ type, value }) => `${type}=${escapeValue(value)}`).join('+'))
    .reverse()
    .join(',');
}

/** RFC 4514 §2.4; controls and NUL were refused when the name was read. */
function escapeValue(value: string): string {
  return value.replace(/[",+;<>\\]|^[ #]| $/g, '\\$&');
}
