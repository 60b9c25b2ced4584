import { z } from 'zod';
import { ORDER_STATUSES } from './order-status.ts';

/** Bodies of the answers about orders and certificates. What is not known is left out, never null. */

const id = z.int().positive();
const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const hex = z.string().regex(/^[0-9A-F]+$/);
const bit = z.literal([0, 1]);
const bitText = z.literal(['0', '1']);
const status = z.enum(ORDER_STATUSES);

const serverPlatform = z.strictObject({ id: z.int(), name: z.string(), install_url: z.string(), csr_url: z.string() });

const validity = z.strictObject({
  years: z.int().optional(),
  days: z.int().optional(),
  custom_expiration_date: z.string().optional(),
});

const issued = {
  thumbprint: hex.optional(),
  serial_number: hex.optional(),
  valid_from: date.optional(),
  valid_till: date.optional(),
  days_remaining: z.int().optional(),
};

const certificate = z.strictObject({
  id,
  ...issued,
  status: z.enum(['issued', 'revoked', 'expired']).optional(),
  common_name: z.string(),
  dns_names: z.array(z.string()).optional(),
  date_created: timestamp,
  date_issued: timestamp.optional(),
  cert_validity: validity,
  csr: z.string().optional(),
  organization: z.strictObject({ id }).optional(),
  organization_units: z.array(z.string()),
  server_platform: serverPlatform,
  signature_hash: z.string(),
  profile_option: z.string().optional(),
  key_size: z.int().optional(),
  ca_cert: z.strictObject({ id: z.string(), name: z.string() }).optional(),
});

const person = z.strictObject({ id, first_name: z.string(), last_name: z.string(), email: z.string() });

const contact = z.strictObject({
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  email: z.string().optional(),
  job_title: z.string().optional(),
  telephone: z.string().optional(),
  telephone_extension: z.string().optional(),
});

const requestType = z.enum(['new_request', 'reissue', 'duplicate', 'revoke']);
const requestStatus = z.enum(['pending', 'approved', 'rejected']);

const shared = {
  id,
  status,
  is_renewed: z.boolean(),
  date_created: timestamp,
  validity_years: z.int(),
  order_validity: validity,
  order_valid_till: date.optional(),
  disable_renewal_notifications: z.boolean(),
  is_multi_year_plan: bitText,
  price: z.number(),
  alternative_order_id: z.string().optional(),
  custom_fields: z.array(z.strictObject({ metadata_id: id, label: z.string(), value: z.string() })).optional(),
};

export const orderInfo = z.strictObject({
  ...shared,
  certificate,
  is_renewal: z.boolean(),
  renewed_order_id: z.int(),
  renewal_of_order_id: id.optional(),
  organization: z
    .strictObject({
      id,
      name: z.string(),
      display_name: z.string(),
      is_active: z.boolean(),
      city: z.string().optional(),
      state: z.string().optional(),
      country: z.string().optional(),
    })
    .optional(),
  auto_renew: bit,
  auto_reissue: bit,
  container: z.strictObject({ id, name: z.string(), is_active: z.boolean() }).optional(),
  product: z.strictObject({
    name_id: z.string(),
    name: z.string(),
    type: z.string(),
    validation_type: z.string(),
    validation_name: z.string(),
    validation_description: z.string(),
  }),
  organization_contact: contact.optional(),
  technical_contact: contact.optional(),
  user: person.optional(),
  requests: z
    .array(
      z.strictObject({
        id,
        date: timestamp,
        type: requestType,
        status: requestStatus,
        comments: z.string().optional(),
      }),
    )
    .optional(),
  receipt_id: id.optional(),
  cs_provisioning_method: z.literal('none'),
  send_minus_90: z.boolean(),
  send_minus_60: z.boolean(),
  send_minus_30: z.boolean(),
  send_minus_7: z.boolean(),
  send_minus_3: z.boolean(),
  send_plus_7: z.boolean(),
  allow_duplicates: z.boolean(),
  user_assignments: z.array(person),
  payment_method: z.string(),
  disable_ct: z.boolean(),
  dcv_method: z.string(),
  certificate_dcv_scope: z.string().optional(),
  additional_emails: z.array(z.string()).optional(),
  custom_renewal_message: z.string().optional(),
  locale: z.string().optional(),
  comments: z.string().optional(),
  server_licenses: z.int(),
  vat_number: z.string().optional(),
  is_guest_access_enabled: z.boolean(),
  notes: z.array(z.strictObject({ id, text: z.string() })).optional(),
  caa_status_message: z.record(z.string(), z.string()).optional(),
});

export const listedOrder = z.strictObject({
  ...shared,
  certificate: z.strictObject({
    id,
    ...issued,
    common_name: z.string(),
    dns_names: z.array(z.string()).optional(),
    cert_validity: validity,
    signature_hash: z.string(),
  }),
  organization: z.strictObject({ id, name: z.string() }).optional(),
  container: z.strictObject({ id, name: z.string(), is_active: z.boolean() }).optional(),
  product: z.strictObject({ name_id: z.string(), name: z.string(), type: z.string() }),
  has_duplicates: z.boolean(),
  duplicates_count: z.int(),
  has_reissues: z.boolean(),
  reissues_count: z.int(),
  product_name_id: z.string(),
  number_of_sans: z.int(),
});

export const page = z.strictObject({ total: z.int(), limit: z.int(), offset: z.int() });

export const orderList = z.strictObject({ orders: z.array(listedOrder), page });

const briefOrder = z.strictObject({ order_id: id, certificate_id: id, status });

export const statusChanges = z.strictObject({ orders: z.array(briefOrder).optional() });
export const alternativeList = z.strictObject({ orders: z.array(briefOrder), page });
export const noOrders = z.strictObject({ orders: z.array(listedOrder), page });

export const expiringOrders = z.strictObject({
  expiring_orders: z.array(z.strictObject({ days_expiring: z.int(), order_count: z.int() })),
});

export const note = z.strictObject({ id, date_created: timestamp, text: z.string(), user: person.optional() });

const madeBy = {
  user_id: id.optional(),
  email: z.string().optional(),
  firstname: z.string().optional(),
  lastname: z.string().optional(),
};

const madeCertificate = {
  id,
  ...issued,
  common_name: z.string(),
  dns_names: z.array(z.string()).optional(),
  status: z.enum(['issued', 'pending', 'rejected', 'revoked', 'expired']),
  date_created: timestamp,
  date_issued: timestamp.optional(),
  csr: z.string().optional(),
  key_size: z.int().optional(),
  ...madeBy,
};

export const reissueList = z.strictObject({
  certificates: z.array(
    z.strictObject({
      ...madeCertificate,
      archived: bit,
      receipt_id: z.string().optional(),
      purchased_dns_names: z.string().optional(),
      purchased_wildcard_names: z.string().optional(),
    }),
  ),
});

export const duplicateList = z.strictObject({
  certificates: z.array(
    z.strictObject({
      ...madeCertificate,
      server_platform: serverPlatform,
      signature_hash: z.string(),
      ca_cert_id: z.string().optional(),
      sub_id: z.string(),
      archived: bitText,
    }),
  ),
});

const chainEntry = z.strictObject({ subject_common_name: z.string(), pem: z.string() });

export const chain = z.strictObject({ intermediates: z.array(chainEntry) });

export const intermediates = z.strictObject({
  intermediates: z.array(z.strictObject({ ...chainEntry.shape, issuer_common_name: z.string(), thumbprint: hex })),
});

export const oneCertificate = z.strictObject({
  ...certificate.shape,
  status: z.enum(['issued', 'revoked', 'expired']),
  order_id: id.optional(),
  archived: bit,
});

export const revocation = z.strictObject({
  id,
  date: timestamp,
  type: z.literal('revoke'),
  status: requestStatus,
  requester: person.optional(),
  comments: z.string().optional(),
});

export const guestLink = z.strictObject({ url: z.string(), expires_at: timestamp });

export const guestOrder = z.strictObject({
  id,
  status,
  date_created: timestamp,
  order_valid_till: date.optional(),
  product: z.strictObject({ name_id: z.string(), name: z.string() }),
  organization: z.strictObject({ name: z.string() }).optional(),
  certificate: z.strictObject({
    ...issued,
    common_name: z.string(),
    dns_names: z.array(z.string()).optional(),
    certificate_chain: z.array(chainEntry).optional(),
  }),
});
