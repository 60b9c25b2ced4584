import type { NewOrganizationAsk } from '../../../core/desk.ts';
import type { Level } from '../../../core/products.ts';
import type { Person, Subject } from '../../../core/records.ts';
import { isEmail } from '../../../core/registry/checked.ts';
import { CallFailure } from '../call.ts';
import { type IdentityField, identityFields } from './identity-fields.ts';

/** Who an organization is, as it was sent: checked, and echoed to the client later. */
export type Identity = Readonly<Record<string, string>>;

/** Characters; the limits of X.520 where there are some (RFC 5280 A.1). */
const LONGEST: Readonly<Record<string, number>> = {
  organizationName: 64,
  organizationalUnitName: 64,
  localityName: 128,
  stateOrProvinceName: 128,
  streetAddress: 128,
  postalCode: 40,
  joi_locality_name: 128,
  joi_state_or_province_name: 128,
};
const LONGEST_OTHER = 255;

/**
 * `identity_verification` of a product of this level, checked against its fields. What the product does not ask for is
 * not looked at; null where it asks for nothing.
 * @throws CallFailure with a text for each field that is missing or wrong
 */
export function readIdentity(level: Level, sent: unknown): Identity | null {
  const fields = identityFields(level);
  if (fields.length === 0) return null;
  if (sent === undefined || sent === null) throw new CallFailure('Provide the ‘identity_verification’ argument.');
  if (typeof sent !== 'object' || Array.isArray(sent)) {
    throw new CallFailure('The “identity_verification” parameter must be a JSON object.');
  }
  const complaints: string[] = [];
  const identity: Record<string, string> = {};
  for (const field of fields) {
    const value = Object.hasOwn(sent, field.name) ? (sent as Record<string, unknown>)[field.name] : undefined;
    const text = typeof value === 'number' ? String(value) : value;
    if (text === undefined || text === null || text === '') {
      if (field.is_optional !== 1) complaints.push(`The “identity_verification” field “${field.name}” is missing.`);
      continue;
    }
    const complaint = typeof text === 'string' ? complain(field, text) : 'It must be a string.';
    if (complaint === null) identity[field.name] = (text as string).trim();
    else complaints.push(`The “identity_verification” field “${field.name}” is not valid: ${complaint}`);
  }
  if (complaints.length > 0) throw new CallFailure(complaints);
  return identity;
}

function complain({ name, type, pattern, options }: IdentityField, value: string): string | null {
  const text = value.trim();
  const longest = LONGEST[name] ?? LONGEST_OTHER;
  if (text === '') return 'It is empty.';
  if (text.length > longest) return `It has more than ${longest} characters.`;
  if (/\p{Cc}/u.test(text)) return 'It holds control characters.';
  if (pattern !== undefined && !new RegExp(pattern).test(text)) return `It does not match ${pattern}.`;
  switch (type) {
    case 'country_code':
      return /^[A-Za-z]{2}$/.test(text) ? null : 'It must be a country code of two letters.';
    case 'email':
      return isEmail(text) ? null : 'It must be an email address.';
    case 'tel':
      return /^\+?[0-9()./ -]{4,30}$/.test(text) ? null : 'It must be a telephone number.';
    case 'date':
      return isDate(text) ? null : 'It must be a date, YYYY-MM-DD.';
    case 'choose_one':
      return options?.some(([option]) => option === text) === true
        ? null
        : `It must be one of ${options?.map(([option]) => option).join(', ')}.`;
    default:
      return null;
  }
}

/** `1996-01-01`, also with a time behind it, as it is stored by some. */
function isDate(text: string): boolean {
  const [, day = ''] =
    /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T][0-9:.]{5,15}(?:Z|[+-][0-9]{2}:[0-9]{2})?)?$/.exec(text) ?? [];
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

const CATEGORIES: Readonly<Record<string, string>> = {
  b: 'Private Organization',
  d: 'Business Entity',
  c: 'Government Entity',
};

/** The subject of its certificates. A department stands in none (BR 7.1.2.7.4). */
export function subjectOf(level: Level, identity: Identity | null): Subject {
  if (identity === null) return {};
  const upper = (name: string): string | undefined => identity[name]?.toUpperCase();
  const organization = {
    organization: identity.organizationName,
    street: identity.streetAddress,
    locality: identity.localityName,
    state: identity.stateOrProvinceName,
    postalCode: identity.postalCode,
    country: upper('countryName'),
  };
  if (level !== 'EV') return defined(organization);
  return defined({
    ...organization,
    businessCategory: CATEGORIES[identity.business_category ?? ''],
    jurisdictionCountry: upper('joi_country_name'),
    jurisdictionState: identity.joi_state_or_province_name,
    jurisdictionLocality: identity.joi_locality_name,
    // EVG 7.1.4.2.6: the date of incorporation where there is no number in a register.
    registrationNumber: identity.date_of_incorporation?.slice(0, 10),
  });
}

/** Who speaks for the organization. */
export function personOf(identity: Identity | null): Person | null {
  if (identity === null) return null;
  return {
    firstName: identity.rep_forename ?? '',
    lastName: identity.rep_surname ?? '',
    email: identity.rep_email_address ?? '',
    phone: identity.rep_telephone ?? '',
  };
}

/** What of it belongs to the organization and stands in no certificate. */
export function organizationAsk(identity: Identity): NewOrganizationAsk {
  const { assumed_name: assumedName, rep_telephone: phone } = identity;
  const person = personOf(identity) as Person;
  return {
    details: defined({ assumedName, phone }),
    contacts: [{ kind: 'organization', ...person }],
    containerId: null,
    evenIfKnown: false,
  };
}

function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
