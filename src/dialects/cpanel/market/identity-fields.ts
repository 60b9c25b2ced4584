import type { Level } from '../../../core/products.ts';

/** One field that says who an organization is, as products describe it to clients. */
export interface IdentityField {
  name: string;
  label: string;
  type?: 'country_code' | 'email' | 'tel' | 'date' | 'choose_one';
  is_optional?: 1;
  description?: string;
  pattern?: string;
  options?: readonly (readonly [value: string, label: string])[];
}

const ORGANIZATION: readonly IdentityField[] = [
  { name: 'organizationName', label: 'Organization Name' },
  { name: 'organizationalUnitName', label: 'Organizational Unit', is_optional: 1 },
  {
    name: 'duns_number',
    label: 'DUNS Number',
    is_optional: 1,
    description: 'The number that Dun & Bradstreet gave the organization.',
    pattern: '^[0-9]{2}(?:-[0-9]{3}-[0-9]{4}|[0-9]{7})$',
  },
  { name: 'streetAddress', label: 'Street Address' },
  { name: 'localityName', label: 'City' },
  { name: 'stateOrProvinceName', label: 'State or Province' },
  { name: 'postalCode', label: 'Postal Code' },
  { name: 'countryName', label: 'Country', type: 'country_code' },
];

const REPRESENTATIVE: readonly IdentityField[] = [
  { name: 'rep_forename', label: 'Representative’s Forename' },
  { name: 'rep_surname', label: 'Representative’s Surname' },
  { name: 'rep_email_address', label: 'Representative’s Email Address', type: 'email' },
  { name: 'rep_telephone', label: 'Representative’s Telephone', type: 'tel', is_optional: 1 },
];

const EXTENDED: readonly IdentityField[] = [
  {
    name: 'business_category',
    label: 'Business Category',
    type: 'choose_one',
    options: [
      ['b', 'Incorporated/Private Organization'],
      ['d', 'Non-incorporated/Business Entity'],
      ['c', 'Government Entity'],
    ],
  },
  { name: 'joi_locality_name', label: 'City of Incorporation', is_optional: 1 },
  { name: 'joi_state_or_province_name', label: 'State or Province of Incorporation', is_optional: 1 },
  { name: 'joi_country_name', label: 'Country of Incorporation', type: 'country_code' },
  { name: 'date_of_incorporation', label: 'Date of Incorporation', type: 'date', is_optional: 1 },
  { name: 'assumed_name', label: 'Assumed Name', is_optional: 1 },
];

/** What a product of this level asks of who orders it; nothing for DV. */
export function identityFields(level: Level): readonly IdentityField[] {
  if (level === 'DV') return [];
  return level === 'OV' ? [...ORGANIZATION, ...REPRESENTATIVE] : [...ORGANIZATION, ...REPRESENTATIVE, ...EXTENDED];
}
