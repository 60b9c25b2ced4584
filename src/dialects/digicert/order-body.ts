import { z } from 'zod';
import { DCV_METHODS, DCV_SCOPES } from './challenges.ts';
import { PROFILE_OPTIONS } from './profile.ts';
import { count, email, flag, id, lenientText, lines, list, text, whole, word } from './fields.ts';

/** What an order says. One source for the checks and for the OpenAPI document. */

const LOCALES = ['en', 'es', 'de', 'fr', 'it', 'ja', 'ko', 'nl', 'pl', 'pt', 'ru', 'zh_CN', 'zh_TW'] as const;

const LONGEST_CSR = 65_536;
const MOST_NAMES = 250;

/** A length in one of three units, of which the later ones override the earlier ones. */
const validity = z.object({
  years: count.optional(),
  days: count.optional(),
  custom_expiration_date: text(40).optional(),
});

/** `certificate` of orders, reissues and duplicates. */
export const certificateBody = z.object({
  common_name: text(300),
  dns_names: list(text(300), MOST_NAMES).optional(),
  csr: lines(LONGEST_CSR),
  signature_hash: text(20).optional(),
  organization_units: list(text(64), 20).optional(),
  server_platform: z.object({ id: whole.optional() }).optional(),
  cert_validity: validity.optional(),
  profile_option: word(PROFILE_OPTIONS).optional(),
  ca_cert_id: lenientText(64).optional(),
});

const person = {
  first_name: text(64),
  last_name: text(64),
  email,
  job_title: text(64).optional(),
  telephone: lenientText(32).optional(),
  telephone_extension: lenientText(16).optional(),
};

export const CONTACT_TYPES = ['organization_contact', 'technical_contact', 'ev_approver', 'cs_approver'] as const;

/** One of an organization's contacts: a user, or a new person with every member. */
export const contactBody = z
  .object({
    contact_type: word(CONTACT_TYPES),
    user_id: count.optional(),
    first_name: text(64).optional(),
    last_name: text(64).optional(),
    email: email.optional(),
    job_title: text(64).optional(),
    telephone: lenientText(32).optional(),
    telephone_extension: lenientText(16).optional(),
  })
  .superRefine((contact, context) => {
    if (contact.user_id !== undefined) return;
    for (const member of ['first_name', 'last_name', 'job_title', 'telephone', 'email'] as const) {
      if (contact[member] === undefined) {
        context.addIssue({ code: 'custom', path: [member], message: 'It is required without user_id' });
      }
    }
  });

/** An organization by id, or its details. */
const organizationBody = z.object({
  id: count.optional(),
  skip_duplicate_org_check: flag.optional(),
  contacts: list(contactBody, 20).optional(),
  name: text(64).optional(),
  assumed_name: text(64).optional(),
  address: text(128).optional(),
  address2: text(128).optional(),
  city: text(128).optional(),
  state: text(128).optional(),
  zip: lenientText(40).optional(),
  country: text(2).optional(),
  telephone: lenientText(32).optional(),
});

const billingAddress = z.object({
  address: text(128),
  address2: text(128).optional(),
  city: text(128),
  state: text(128).optional(),
  country: text(64),
  zip: lenientText(40).optional(),
});

export const orderBody = z.object({
  certificate: certificateBody,
  organization: organizationBody.optional(),
  order_validity: validity.optional(),
  validity_years: count.optional(),
  validity_days: count.optional(),
  custom_expiration_date: text(40).optional(),
  renewal_of_order_id: count.optional(),
  renewed_thumbprint: text(80).optional(),
  comments: lines(2_000).optional(),
  apply_cr_discount: flag.optional(),
  serial_number: lenientText(64).optional(),
  auto_renew: flag.optional(),
  auto_reissue: flag.optional(),
  custom_renewal_message: lines(2_000).optional(),
  disable_renewal_notifications: flag.optional(),
  additional_emails: list(email, 100).optional(),
  locale: word(LOCALES).optional(),
  server_licenses: count.optional(),
  payment_method: word(['balance', 'card', 'profile', 'wire_transfer']).optional(),
  /** Never looked into, so that nothing of it can be kept or shown. */
  credit_card: z.unknown().optional(),
  billing_address: billingAddress.optional(),
  vat_number: lenientText(40).optional(),
  dcv_method: word(DCV_METHODS).optional(),
  dcv_emails: list(z.object({ dns_name: text(300), email_domain: text(253).optional(), email }), 500).optional(),
  certificate_dcv_scope: word(DCV_SCOPES).optional(),
  skip_approval: flag.optional(),
  disable_ct: flag.optional(),
  organization_contact: z.object(person).optional(),
  technical_contact: z.object(person).optional(),
  container: z.object({ id: count.optional() }).optional(),
  custom_fields: list(z.object({ metadata_id: id, value: lenientText(4_096) }), 100).optional(),
  alternative_order_id: lenientText(64).optional(),
  enable_guest_access: flag.optional(),
  product: z.object({ type_hint: text(40).optional() }).optional(),
});

export type OrderBody = z.infer<typeof orderBody>;
export type CertificateBody = z.infer<typeof certificateBody>;
export type ContactBody = z.infer<typeof contactBody>;
export type ValidityBody = z.infer<typeof validity>;
