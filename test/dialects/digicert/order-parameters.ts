import { given, type Parameter } from './parameter.ts';

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

/** Everything else that an order says. */
export const ORDER_PARAMETERS: readonly Parameter[] = [
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
