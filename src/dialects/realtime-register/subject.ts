import { DeskError, type Violation } from '../../core/errors.ts';
import type { ParsedCsr } from '../../core/ports.ts';
import type { Product } from '../../core/products.ts';
import type { CertificateRequest, Person, Subject } from '../../core/records.ts';
import { requiredFields } from './products.ts';
import { LANGUAGES } from './restrictions.ts';
import type { Approver, CertificateBody } from './schemas.ts';

/**
 * Who the certificate speaks of: each member of the body, else the CSR's, else that of the request before it. Empty
 * for DV, whose certificates name nobody (BR 7.1.2.7.2).
 */
export function subjectOf(
  product: Product,
  body: CertificateBody,
  csr: ParsedCsr,
  previous: CertificateRequest | null,
): Subject {
  if (product.level === 'DV') return {};
  const before = previous?.subject ?? {};
  const given: Subject = without({
    organization: body.organization,
    department: body.department,
    country: body.country?.toUpperCase(),
    state: body.state,
    locality: body.city,
    street: body.address,
    postalCode: body.postalCode,
    registrationNumber: body.coc,
  });
  return { ...before, ...csr.subject, ...given };
}

type Loose<T> = { [Key in keyof T]: T[Key] | undefined };

function without(subject: Loose<Subject>): Subject {
  return Object.fromEntries(Object.entries(subject).filter(([, value]) => value !== undefined)) as Subject;
}

/** The approver as a contact. */
export function contactOf(approver: Approver | undefined): Person | null {
  if (approver === undefined) return null;
  const { firstName, lastName, jobTitle, email, voice } = approver;
  return { firstName, lastName, ...(jobTitle === undefined ? {} : { jobTitle }), email, phone: voice };
}

const FIELD_OF: Readonly<Record<string, keyof Subject>> = {
  organization: 'organization',
  address: 'street',
  postalCode: 'postalCode',
  city: 'locality',
  country: 'country',
  coc: 'registrationNumber',
};

/** @throws DeskError `invalid-value` naming each required member that neither the body nor the CSR gives. */
export function demandFields(product: Product, subject: Subject, contact: Person | null): void {
  const violations: Violation[] = [];
  for (const field of requiredFields(product)) {
    const part = FIELD_OF[field];
    const given = part === undefined ? contact !== null : subject[part] !== undefined;
    if (!given) violations.push({ field, message: 'may not be null for this product' });
  }
  if (violations.length > 0) throw new DeskError('invalid-value', 'Validation failed', { violations });
}

/** Where this vendor's code of a language is that of a country; elsewhere it is the two letters of ISO 639-1. */
const ISO_CODES: Readonly<Record<string, string>> = { CN: 'zh', JP: 'ja', KR: 'ko', DK: 'da', SE: 'sv' };

const LANGUAGE_OF_COUNTRY: Readonly<Record<string, string>> = { AT: 'DE', LI: 'DE', BR: 'PT', MX: 'ES', AR: 'ES' };

/** `language`, else the older `saLanguage`, else by the country, else English; as ISO 639-1, lower case. */
export function languageOf(body: CertificateBody, country: string | undefined): string {
  const given = body.language ?? body.saLanguage;
  if (given !== undefined) return isoLanguage(given);
  const code = LANGUAGE_OF_COUNTRY[country ?? ''] ?? country ?? 'EN';
  return (LANGUAGES as readonly string[]).includes(code) ? isoLanguage(code) : 'en';
}

/** A language of this vendor as ISO 639-1, lower case. */
export function isoLanguage(code: string): string {
  return ISO_CODES[code] ?? code.toLowerCase();
}
