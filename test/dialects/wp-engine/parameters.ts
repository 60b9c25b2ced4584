import type { CertificateRequest, Hostname } from '../../../src/core/records.ts';
import type { Json } from './client.ts';

/** What an order may say: each parameter of the vendor's page, what becomes of it, and which values it cannot have. */
export interface Parameter {
  name: string;
  required: boolean;
  good: readonly unknown[];
  /** Where the last good value can be found again. */
  found(request: CertificateRequest, certificate: Json, domain: Hostname): unknown;
  /** Value and machine code of the error. */
  bad: readonly (readonly [value: unknown, code: string])[];
}

const long = (length: number): string => 'x'.repeat(length);

const texts = (most: number): Parameter['bad'] => [
  ['', 'blank'],
  ['  ', 'blank'],
  [long(most + 1), 'too_long'],
  ['a\tb', 'invalid'],
  ['a\u0000b', 'invalid'],
  ['\ud800', 'invalid'],
  [5, 'invalid_type'],
  [true, 'invalid_type'],
  [['Jane'], 'invalid_type'],
  [{}, 'invalid_type'],
];

export const PARAMETERS: readonly Parameter[] = [
  {
    name: 'email_address',
    required: true,
    good: ['j@xn--bcher-kva.example', 'jane.doe+ssl@shop.example.com'],
    found: ({ contact }, { approver_email: shown }) => (contact?.email === shown ? shown : [contact, shown]),
    bad: [
      ['jane', 'invalid'],
      ['jane@', 'invalid'],
      ['jane@host', 'invalid'],
      ['a b@example.com', 'invalid'],
      ['jane@example.com, joe@example.com', 'invalid'],
      [`${long(250)}@example.com`, 'too_long'],
      ['', 'blank'],
      [7, 'invalid_type'],
    ],
  },
  {
    name: 'given_name',
    required: true,
    good: ['Zoë', 'Jean-Luc O’Hara', long(64)],
    found: ({ contact }) => contact?.firstName,
    bad: texts(64),
  },
  {
    name: 'family_name',
    required: true,
    good: ['山田', 'van der Berg', long(64)],
    found: ({ contact }) => contact?.lastName,
    bad: texts(64),
  },
  {
    name: 'region_code',
    required: true,
    good: ['DE', 'XK', 'GB'].filter((code) => code !== 'XK'),
    found: ({ extra }) => extra['region'],
    bad: [
      ['us', 'invalid'],
      ['USA', 'invalid'],
      // Not assigned, or only reserved: ISO 3166-1.
      ['XX', 'invalid'],
      ['UK', 'invalid'],
      ['EU', 'invalid'],
      ['ZZ', 'invalid'],
      ['U', 'invalid'],
      ['', 'invalid'],
      [840, 'invalid_type'],
    ],
  },
  {
    name: 'state',
    required: false,
    good: ['Baden-Württemberg', long(128)],
    found: ({ extra }) => extra['state'],
    bad: texts(128),
  },
  {
    name: 'city',
    required: false,
    good: ['Saint-Louis-du-Ha! Ha!', long(128)],
    found: ({ extra }) => extra['city'],
    bad: texts(128),
  },
  {
    name: 'phone',
    required: false,
    good: ['+1 (800) 123-4567', '800.123.4567 x12'],
    found: ({ contact }) => contact?.phone,
    bad: [
      ['call me', 'invalid'],
      ['', 'blank'],
      ['1'.repeat(33), 'too_long'],
      [8001234567, 'invalid_type'],
    ],
  },
];
