import type { OrderDetails, Organization, CertificateRequest } from '../../../src/core/records.ts';
import type { Json } from './client.ts';

/** What an order may say: each parameter of the vendor's page, what becomes of it, and which values it cannot have. */

export interface Seen {
  /** Order info. */
  info: Json;
  details: OrderDetails;
  request: CertificateRequest;
  organization: Organization | null;
  /** What the order itself was answered with. */
  placed: Json;
}

export interface World {
  domain: string;
  organization: Organization;
  userId: number;
  containerId: number;
  fieldId: number;
  intFieldId: number;
  /** Orders that were issued, and the thumbprints of their certificates. */
  earlier: { orderId: number; thumbprint: string };
  other: { orderId: number; thumbprint: string };
  caCertId: string;
}

export interface Parameter {
  /** As on the vendor's page. */
  name: string;
  /** Members that are put into a valid order; `certificate` is merged. */
  give(world: World): Record<string, unknown>;
  /** What of it can be found again, and what it must be. */
  found(seen: Seen, world: World): readonly [actual: unknown, expected: unknown];
  bad: readonly (readonly [give: (world: World) => Record<string, unknown>, code: string])[];
}

const certificate = (members: Record<string, unknown>) => () => ({ certificate: members });
const given = (members: Record<string, unknown>) => () => members;
const withoutTerm = { order_validity: undefined };

const PERSON = {
  first_name: 'Grace',
  last_name: 'Hopper',
  email: 'grace@acme.test',
  job_title: 'Admiral',
  telephone: '801-555-0101',
  telephone_extension: '7',
};

const DETAILS = {
  name: 'Fresh Fruit',
  assumed_name: 'Fruit Stand',
  address: '1 Orchard Lane',
  address2: 'Back door',
  city: 'Lehi',
  state: 'Utah',
  zip: '84043',
  country: 'us',
  telephone: '801-555-0102',
};

export const PARAMETERS: readonly Parameter[] = [
  {
    name: 'certificate',
    give: () => ({}),
    found: ({ info }, { domain }) => [info.certificate.common_name, domain],
    bad: [
      [given({ certificate: null }), 'missing_value:certificate'],
      [given({ certificate: 'text' }), 'invalid_value:certificate'],
      [given({ certificate: [] }), 'invalid_value:certificate'],
    ],
  },
  {
    name: 'certificate.common_name',
    give: ({ domain }) => ({ certificate: { common_name: `WWW.${domain.toUpperCase()}` } }),
    found: ({ info }, { domain }) => [info.certificate.common_name, `www.${domain}`],
    bad: [
      [certificate({ common_name: '' }), 'missing_value:certificate.common_name'],
      [certificate({ common_name: 7 }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: 'no domain' }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: '192.0.2.1' }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: '*.test' }), 'invalid_value:certificate.common_name'],
      [certificate({ common_name: 'a'.repeat(301) }), 'invalid_value:certificate.common_name'],
    ],
  },
  {
    name: 'certificate.dns_names',
    give: ({ domain }) => ({ certificate: { dns_names: [`b.${domain}`, `*.${domain}`, domain] } }),
    found: ({ info }, { domain }) => [info.certificate.dns_names, [domain, `b.${domain}`, `*.${domain}`]],
    bad: [
      [certificate({ dns_names: 'b.test' }), 'invalid_value:certificate.dns_names'],
      [certificate({ dns_names: ['b.test', 'a b'] }), 'invalid_value:certificate.dns_names[1]'],
      [
        certificate({ dns_names: Array.from({ length: 251 }, (_, n) => `n${n}.test`) }),
        'invalid_value:certificate.dns_names',
      ],
      [
        ({ domain }) => ({ certificate: { dns_names: Array.from({ length: 250 }, (_, n) => `n${n}.${domain}`) } }),
        'invalid_value:certificate.dns_names',
      ],
    ],
  },
  {
    name: 'certificate.csr',
    give: () => ({}),
    found: ({ info }) => [info.certificate.csr.startsWith('-----BEGIN CERTIFICATE REQUEST-----\r\n'), true],
    bad: [
      [certificate({ csr: '' }), 'missing_value:certificate.csr'],
      [certificate({ csr: 'nonsense' }), 'csr_invalid_cannot_parse'],
      [certificate({ csr: 'MIIB' }), 'csr_invalid_cannot_parse'],
      [certificate({ csr: { pem: 1 } }), 'invalid_value:certificate.csr'],
    ],
  },
  {
    name: 'certificate.signature_hash',
    give: certificate({ signature_hash: 'sha384' }),
    found: ({ info }) => [info.certificate.signature_hash, 'sha384'],
    bad: [
      [certificate({ signature_hash: 'sha1' }), 'invalid_signature_hash'],
      [certificate({ signature_hash: 256 }), 'invalid_value:certificate.signature_hash'],
    ],
  },
  {
    name: 'certificate.organization_units',
    give: certificate({ organization_units: ['Sales'] }),
    found: ({ info, request }) => [
      [info.certificate.organization_units, request.subject.department],
      [['Sales'], undefined],
    ],
    bad: [[certificate({ organization_units: 'Sales' }), 'invalid_value:certificate.organization_units']],
  },
  {
    name: 'certificate.server_platform.id',
    give: certificate({ server_platform: { id: 45 } }),
    found: ({ info }) => [
      [info.certificate.server_platform.id, info.certificate.server_platform.name],
      [45, 'nginx'],
    ],
    bad: [
      [certificate({ server_platform: { id: 'nginx' } }), 'invalid_value:certificate.server_platform.id'],
      [certificate({ server_platform: 2 }), 'invalid_value:certificate.server_platform'],
    ],
  },
  {
    name: 'certificate.cert_validity.years',
    give: certificate({ cert_validity: { years: 1 } }),
    found: ({ info }) => [info.certificate.cert_validity, { years: 1 }],
    bad: [
      [certificate({ cert_validity: { years: 2 } }), 'invalid_value:certificate.cert_validity.years'],
      [certificate({ cert_validity: { years: 'one' } }), 'invalid_value:certificate.cert_validity.years'],
      [
        given({ order_validity: { days: 100 }, certificate: { cert_validity: { years: 1 } } }),
        'cert_validity_exceeds_order_validity',
      ],
    ],
  },
  {
    name: 'certificate.cert_validity.days',
    give: certificate({ cert_validity: { years: 1, days: 30 } }),
    found: ({ info }) => [
      [info.certificate.cert_validity, info.certificate.days_remaining],
      [{ days: 30 }, 30],
    ],
    bad: [
      [certificate({ cert_validity: { days: 201 } }), 'invalid_value:certificate.cert_validity.days'],
      [certificate({ cert_validity: { days: -1 } }), 'invalid_value:certificate.cert_validity.days'],
      [
        given({ order_validity: { days: 20 }, certificate: { cert_validity: { days: 21 } } }),
        'cert_validity_exceeds_order_validity',
      ],
    ],
  },
  {
    name: 'certificate.cert_validity.custom_expiration_date',
    give: certificate({ cert_validity: { days: 3, custom_expiration_date: '21 DEC 2026' } }),
    found: ({ info }) => [
      [info.certificate.cert_validity, info.certificate.valid_till],
      [{ custom_expiration_date: '21 DEC 2026' }, '2026-12-21'],
    ],
    bad: [
      [
        certificate({ cert_validity: { custom_expiration_date: '21 DEC 2027' } }),
        'invalid_value:certificate.cert_validity.custom_expiration_date',
      ],
      [
        certificate({ cert_validity: { custom_expiration_date: '21 DEC 2025' } }),
        'invalid_value:certificate.cert_validity.custom_expiration_date',
      ],
      [
        certificate({ cert_validity: { custom_expiration_date: '31 FEB 2027' } }),
        'invalid_value:certificate.cert_validity.custom_expiration_date',
      ],
      [
        given({
          order_validity: { days: 20 },
          certificate: { cert_validity: { custom_expiration_date: '31 DEC 2026' } },
        }),
        'cert_validity_exceeds_order_validity',
      ],
    ],
  },
  {
    name: 'certificate.profile_option',
    give: certificate({ profile_option: 'server_auth_only_eku' }),
    found: ({ info }) => [info.certificate.profile_option, 'server_auth_only_eku'],
    bad: [[certificate({ profile_option: 'anything' }), 'invalid_value:certificate.profile_option']],
  },
  {
    name: 'certificate.ca_cert_id',
    give: ({ caCertId }) => ({ certificate: { ca_cert_id: caCertId } }),
    found: ({ info, request }, { caCertId }) => [
      [info.certificate.ca_cert.id, request.extra['caCertId']],
      [caCertId, caCertId],
    ],
    bad: [[certificate({ ca_cert_id: 'ssl_securesite_pro' }), 'invalid_value:certificate.ca_cert_id']],
  },
  {
    name: 'order_validity.years',
    give: given({ order_validity: { years: 3 } }),
    found: ({ info }) => [
      [info.order_validity, info.validity_years, info.order_valid_till, info.is_multi_year_plan],
      [{ years: 3 }, 3, '2029-11-22', '1'],
    ],
    bad: [
      [given({ order_validity: { years: 4 } }), 'invalid_value:validity_years'],
      [given({ order_validity: { years: -1 } }), 'invalid_value:order_validity.years'],
      [given({ order_validity: { years: 1.5 } }), 'invalid_value:order_validity.years'],
      [given({ order_validity: {} }), 'missing_value:order_validity'],
      [given({ order_validity: null }), 'missing_value:order_validity'],
    ],
  },
  {
    name: 'order_validity.days',
    give: given({ order_validity: { years: 3, days: 300 } }),
    found: ({ info }) => [
      [info.order_validity, info.order_valid_till],
      [{ days: 300 }, '2027-09-18'],
    ],
    bad: [[given({ order_validity: { days: 1096 } }), 'invalid_value:validity_days']],
  },
  {
    name: 'order_validity.custom_expiration_date',
    give: given({ order_validity: { years: 3, days: 300, custom_expiration_date: '01 Mar 2028' } }),
    found: ({ info }) => [
      [info.order_validity, info.order_valid_till],
      [{ custom_expiration_date: '01 Mar 2028' }, '2028-03-01'],
    ],
    bad: [
      [given({ order_validity: { custom_expiration_date: '23 NOV 2029' } }), 'invalid_value:custom_expiration_date'],
      [given({ order_validity: { custom_expiration_date: '21 NOV 2026' } }), 'invalid_value:custom_expiration_date'],
      [given({ order_validity: { custom_expiration_date: 'soon' } }), 'invalid_value:custom_expiration_date'],
    ],
  },
  {
    name: 'validity_years',
    give: given({ ...withoutTerm, validity_years: 2 }),
    found: ({ info }) => [
      [info.order_validity, info.validity_years],
      [{ years: 2 }, 2],
    ],
    bad: [[given({ ...withoutTerm, validity_years: 5 }), 'invalid_value:validity_years']],
  },
  {
    name: 'validity_days',
    give: given({ ...withoutTerm, validity_years: 2, validity_days: '90' }),
    found: ({ info }) => [info.order_validity, { days: 90 }],
    bad: [[given({ ...withoutTerm, validity_days: 2000 }), 'invalid_value:validity_days']],
  },
  {
    name: 'custom_expiration_date',
    give: given({ ...withoutTerm, validity_years: 0, custom_expiration_date: '2027-03-01T00:00:00' }),
    found: ({ info }) => [
      [info.order_validity, info.order_valid_till],
      [{ custom_expiration_date: '2027-03-01T00:00:00' }, '2027-03-01'],
    ],
    bad: [
      [given({ ...withoutTerm, custom_expiration_date: '2031-01-01' }), 'invalid_value:custom_expiration_date'],
      [given({ ...withoutTerm, custom_expiration_date: '' }), 'missing_value:order_validity'],
    ],
  },
  {
    name: 'renewal_of_order_id',
    give: ({ earlier }) => ({ renewal_of_order_id: earlier.orderId }),
    found: ({ info }, { earlier }) => [
      [info.is_renewal, info.renewal_of_order_id],
      [true, earlier.orderId],
    ],
    bad: [
      [given({ renewal_of_order_id: 99_999_999 }), 'not_found|order'],
      [given({ renewal_of_order_id: 'x' }), 'invalid_value:renewal_of_order_id'],
    ],
  },
  {
    name: 'renewed_thumbprint',
    give: ({ other }) => ({ renewed_thumbprint: other.thumbprint.toLowerCase().replace(/..(?!$)/g, '$&:') }),
    found: ({ info }, { other }) => [
      [info.is_renewal, info.renewal_of_order_id],
      [true, other.orderId],
    ],
    bad: [
      [given({ renewed_thumbprint: 'ab'.repeat(20) }), 'invalid_value:renewed_thumbprint'],
      [
        ({ other }) => ({ renewed_thumbprint: other.thumbprint, renewal_of_order_id: other.orderId + 1 }),
        'invalid_value:renewed_thumbprint',
      ],
    ],
  },
  {
    name: 'comments',
    give: given({ comments: 'For the\nweb shop' }),
    found: ({ info, placed }) => [
      [info.comments, info.requests[0].comments, placed.requests[0].status],
      ['For the\nweb shop', 'For the\nweb shop', 'approved'],
    ],
    bad: [[given({ comments: ['a'] }), 'invalid_value:comments']],
  },
  {
    name: 'apply_cr_discount',
    give: given({ apply_cr_discount: 1 }),
    found: ({ details }) => [details.extra['applyDiscount'], true],
    bad: [[given({ apply_cr_discount: 'perhaps' }), 'invalid_value:apply_cr_discount']],
  },
  {
    name: 'serial_number',
    give: given({ serial_number: '0A:0B' }),
    found: ({ details }) => [details.extra['replacedSerial'], '0A:0B'],
    bad: [[given({ serial_number: 'a'.repeat(65) }), 'invalid_value:serial_number']],
  },
  {
    name: 'auto_renew',
    give: given({ auto_renew: 1 }),
    found: ({ info, details }) => [
      [info.auto_renew, details.autoRenew],
      [1, true],
    ],
    bad: [[given({ auto_renew: 2 }), 'invalid_value:auto_renew']],
  },
  {
    name: 'auto_reissue',
    give: given({ auto_reissue: 1 }),
    found: ({ info, details }) => [
      [info.auto_reissue, details.autoReissue],
      [1, true],
    ],
    bad: [[given({ auto_reissue: 'often' }), 'invalid_value:auto_reissue']],
  },
  {
    name: 'custom_renewal_message',
    give: given({ custom_renewal_message: 'Ask Bob' }),
    found: ({ info }) => [info.custom_renewal_message, 'Ask Bob'],
    bad: [[given({ custom_renewal_message: 'a'.repeat(2_001) }), 'invalid_value:custom_renewal_message']],
  },
  {
    name: 'disable_renewal_notifications',
    give: given({ disable_renewal_notifications: true }),
    found: ({ info, details }) => [
      [info.disable_renewal_notifications, details.renewalNotices],
      [true, false],
    ],
    bad: [[given({ disable_renewal_notifications: 'x' }), 'invalid_value:disable_renewal_notifications']],
  },
  {
    name: 'additional_emails',
    give: given({ additional_emails: ['a@acme.test', 'b@acme.test'] }),
    found: ({ info }) => [info.additional_emails, ['a@acme.test', 'b@acme.test']],
    bad: [
      [given({ additional_emails: ['a@acme.test', 'nobody'] }), 'invalid_value:additional_emails[1]'],
      [given({ additional_emails: 'a@acme.test' }), 'invalid_value:additional_emails'],
    ],
  },
  {
    name: 'locale',
    give: given({ locale: 'de' }),
    found: ({ info, request }) => [
      [info.locale, request.language],
      ['de', 'de'],
    ],
    bad: [[given({ locale: 'klingon' }), 'invalid_value:locale']],
  },
  {
    name: 'server_licenses',
    give: given({ server_licenses: 3 }),
    found: ({ info }) => [info.server_licenses, 3],
    bad: [[given({ server_licenses: 'many' }), 'invalid_value:server_licenses']],
  },
  {
    name: 'payment_method',
    give: given({ payment_method: 'balance' }),
    found: ({ info }) => [info.payment_method, 'balance'],
    bad: [
      [given({ payment_method: 'card' }), 'invalid_value:payment_method'],
      [given({ payment_method: 'profile' }), 'invalid_value:payment_method'],
      [given({ payment_method: 'wire_transfer' }), 'invalid_value:payment_method'],
      [given({ payment_method: 'shells' }), 'invalid_value:payment_method'],
    ],
  },
  {
    name: 'credit_card',
    give: given({ credit_card: {} }),
    found: ({ info }) => [info.payment_method, 'balance'],
    bad: [
      [given({ credit_card: { number: '4111111111111111', cvv: 123 } }), 'invalid_value:credit_card'],
      [given({ credit_card: '4111111111111111' }), 'invalid_value:credit_card'],
    ],
  },
  {
    name: 'billing_address',
    give: given({ billing_address: { address: '1 Street', city: 'Lehi', state: 'Utah', country: 'us', zip: 84043 } }),
    found: ({ details }) => [
      details.extra['billingAddress'],
      { address: '1 Street', city: 'Lehi', state: 'Utah', country: 'us', zip: '84043' },
    ],
    bad: [[given({ billing_address: { address: '1 Street', country: 'us' } }), 'missing_value:billing_address.city']],
  },
  {
    name: 'vat_number',
    give: given({ vat_number: 'DE123' }),
    found: ({ info }) => [info.vat_number, 'DE123'],
    bad: [[given({ vat_number: 'a'.repeat(41) }), 'invalid_value:vat_number']],
  },
  {
    name: 'dcv_method',
    give: given({ dcv_method: 'dns-txt-token' }),
    found: ({ info }) => [info.dcv_method, 'dns-txt-token'],
    bad: [[given({ dcv_method: 'dns' }), 'invalid_value:dcv_method']],
  },
  {
    name: 'certificate_dcv_scope',
    give: given({ certificate_dcv_scope: 'fqdn' }),
    found: ({ details }) => [details.extra['dcvScope'], 'fqdn'],
    bad: [[given({ certificate_dcv_scope: 'all' }), 'invalid_value:certificate_dcv_scope']],
  },
  {
    name: 'skip_approval',
    give: given({ skip_approval: true }),
    found: ({ placed }) => [
      [placed.requests, placed.certificate_chain.length],
      [undefined, 3],
    ],
    bad: [[given({ skip_approval: 'perhaps' }), 'invalid_value:skip_approval']],
  },
  {
    name: 'disable_ct',
    give: given({ disable_ct: 1 }),
    found: ({ info }) => [info.disable_ct, true],
    bad: [[given({ disable_ct: 7 }), 'invalid_value:disable_ct']],
  },
  {
    name: 'organization_contact',
    give: given({ organization_contact: PERSON }),
    found: ({ info }) => [
      [info.organization_contact, info.technical_contact],
      [PERSON, PERSON],
    ],
    bad: [
      [given({ organization_contact: { ...PERSON, email: '' } }), 'missing_value:organization_contact.email'],
      [given({ organization_contact: { ...PERSON, email: 'grace' } }), 'invalid_value:organization_contact.email'],
      [
        given({ organization_contact: { ...PERSON, first_name: null } }),
        'missing_value:organization_contact.first_name',
      ],
      [given({ organization_contact: { ...PERSON, last_name: '' } }), 'missing_value:organization_contact.last_name'],
    ],
  },
  {
    name: 'technical_contact',
    give: given({ technical_contact: PERSON }),
    found: ({ info }) => [
      [info.organization_contact, info.technical_contact],
      [undefined, PERSON],
    ],
    bad: [[given({ technical_contact: { email: 'g@acme.test' } }), 'missing_value:technical_contact.first_name']],
  },
  {
    name: 'organization.id',
    give: ({ organization }) => ({ organization: { id: String(organization.id) } }),
    found: ({ info, placed }, { organization }) => [
      [info.organization.id, info.organization.name, info.organization.country, placed.organization],
      [organization.id, 'Acme Widgets', 'us', undefined],
    ],
    bad: [
      [given({ organization: { id: 99_999_999 } }), 'not_found|organization'],
      [given({ organization: { id: 'x' } }), 'invalid_value:organization.id'],
      [given({ organization: null }), 'missing_value:organization'],
      [given({ organization: { id: 0 } }), 'missing_value:organization'],
    ],
  },
  {
    name: 'organization.name and its other details',
    give: given({ organization: DETAILS }),
    found: ({ info, organization, placed }) => [
      [info.organization.name, organization?.subject, organization?.details, organization?.state, placed.organization],
      [
        'Fresh Fruit',
        {
          organization: 'Fresh Fruit',
          country: 'US',
          state: 'Utah',
          locality: 'Lehi',
          street: '1 Orchard Lane',
          postalCode: '84043',
        },
        { assumedName: 'Fruit Stand', street2: 'Back door', phone: '801-555-0102' },
        'waiting',
        { id: organization?.id },
      ],
    ],
    bad: [
      [given({ organization: { ...DETAILS, city: '' } }), 'missing_value:organization.city'],
      [given({ organization: { ...DETAILS, address: null } }), 'missing_value:organization.address'],
      [given({ organization: { ...DETAILS, country: 'U1' } }), 'invalid_value:organization.country'],
      [given({ organization: { ...DETAILS, country: 'USA' } }), 'invalid_value:organization.country'],
      [given({ organization: { ...DETAILS, name: 'a'.repeat(65) } }), 'invalid_value:organization.name'],
    ],
  },
  {
    name: 'organization.contacts',
    give: ({ organization, userId }) => ({
      organization: {
        id: organization.id,
        contacts: [
          { contact_type: 'organization_contact', user_id: userId },
          { contact_type: 'technical_contact', ...PERSON },
        ],
      },
    }),
    found: ({ info, details }, { userId }) => [
      [info.organization_contact.email, info.technical_contact, details.contacts.map((one) => one.userId)],
      ['ada@acme.test', PERSON, [userId, undefined]],
    ],
    bad: [
      [
        ({ organization }) => ({
          organization: { id: organization.id, contacts: [{ contact_type: 'organization_contact', user_id: 99_999 }] },
        }),
        'invalid_value:organization.contacts[0].user_id',
      ],
      [
        ({ organization, userId }) => ({
          organization: { id: organization.id, contacts: [{ contact_type: 'friend', user_id: userId }] },
        }),
        'invalid_value:organization.contacts[0].contact_type',
      ],
      [
        ({ organization }) => ({
          organization: {
            id: organization.id,
            contacts: [{ ...PERSON, job_title: '', contact_type: 'technical_contact' }],
          },
        }),
        'invalid_value:organization.contacts[0].job_title',
      ],
    ],
  },
  {
    name: 'container.id',
    give: ({ containerId }) => ({ container: { id: containerId } }),
    found: ({ info }, { containerId }) => [info.container.id, containerId],
    bad: [[given({ container: { id: 99_999_999 } }), 'not_found|container']],
  },
  {
    name: 'custom_fields',
    give: ({ fieldId, intFieldId }) => ({
      custom_fields: [
        { metadata_id: fieldId, value: 'A-1' },
        { metadata_id: String(intFieldId), value: 17 },
      ],
    }),
    found: ({ info }, { fieldId, intFieldId }) => [
      info.custom_fields,
      [
        { metadata_id: fieldId, label: 'Invoice #', value: 'A-1' },
        { metadata_id: intFieldId, label: 'Floor', value: '17' },
      ],
    ],
    bad: [
      [
        ({ intFieldId }) => ({ custom_fields: [{ metadata_id: intFieldId, value: 'high' }] }),
        'invalid_custom_field_value',
      ],
      [given({ custom_fields: [{ metadata_id: 99_999_999, value: 'x' }] }), 'invalid_custom_field_value'],
      [
        ({ fieldId }) => ({
          custom_fields: [
            { metadata_id: fieldId, value: 'x' },
            { metadata_id: fieldId, value: 'y' },
          ],
        }),
        'invalid_custom_field_value',
      ],
      [given({ custom_fields: [{ value: 'x' }] }), 'missing_value:custom_fields[0].metadata_id'],
    ],
  },
  {
    name: 'alternative_order_id',
    give: given({ alternative_order_id: 'a'.repeat(64) }),
    found: ({ info }) => [info.alternative_order_id, 'a'.repeat(64)],
    bad: [[given({ alternative_order_id: 'a'.repeat(65) }), 'invalid_value:alternative_order_id']],
  },
  {
    name: 'enable_guest_access',
    give: given({ enable_guest_access: 1 }),
    found: ({ info, details }) => [
      [info.is_guest_access_enabled, details.guestAccess],
      [true, true],
    ],
    bad: [[given({ enable_guest_access: 3 }), 'invalid_value:enable_guest_access']],
  },
];
