import type { z } from 'zod';
import type { Contact, CustomField } from '../../core/records.ts';
import { addMonths } from '../../core/time.ts';
import { certificateExtra, orderExtra, orderValidity } from './carried.ts';
import { certificateMembers, certificateStatus, certValidity, issuedMembers, nameMembers } from './certificate-view.ts';
import { orderDcvOf } from './challenges.ts';
import type { listedOrder, orderInfo } from './order-answers.ts';
import { primaryOf, requestsOfKind, type OrderRecords } from './order-records.ts';
import { orderStatus } from './order-status.ts';
import { renderPerson } from './people-view.ts';
import { TYPE, VALIDATIONS } from './products.ts';
import { renderRequestBrief } from './request-view.ts';
import { formatDate, formatTimestamp } from './times.ts';
import type { World } from './world.ts';

type OrderInfo = z.infer<typeof orderInfo>;
type ListedOrder = z.infer<typeof listedOrder>;
/** Of the account, by id. */
export type FieldLabels = ReadonlyMap<number, CustomField>;

/** What a list and the order itself both show. */
function sharedMembers(world: World, records: OrderRecords, labels: FieldLabels) {
  const { order, details, requests, renewedById } = records;
  const validity = orderValidity(order, details);
  return {
    id: order.id,
    status: orderStatus(order, requests, world.context.clock.now()),
    is_renewed: renewedById !== null,
    date_created: formatTimestamp(order.createdAt),
    validity_years: Math.max(1, Math.ceil(order.periodMonths / 12)),
    order_validity: validity,
    ...(order.endsAt === null ? {} : { order_valid_till: formatDate(order.endsAt) }),
    disable_renewal_notifications: details?.renewalNotices === false,
    is_multi_year_plan: isMultiYear(records) ? ('1' as const) : ('0' as const),
    price: priceOf(records),
    ...optional('alternative_order_id', details?.alternativeId ?? undefined),
    ...customFieldsMember(records, labels),
  };
}

function isMultiYear({ order }: OrderRecords): boolean {
  return order.endsAt !== null && order.startsAt !== null
    ? order.endsAt > addMonths(order.startsAt, 13)
    : order.periodMonths > 12;
}

/** What was paid or is set aside, in whole units of the currency. */
function priceOf({ charges }: OrderRecords): number {
  return charges.reduce((sum, { state, amount }) => (state === 'released' ? sum : sum + amount), 0) / 100;
}

function customFieldsMember({ details }: OrderRecords, labels: FieldLabels) {
  const fields = details?.customFields ?? [];
  if (fields.length === 0) return {};
  return {
    custom_fields: fields.map(({ fieldId, value }) => ({
      metadata_id: fieldId,
      label: labels.get(fieldId)?.label ?? '',
      value,
    })),
  };
}

function containerMember({ container }: OrderRecords) {
  if (container === null) return {};
  const { id, name, state } = container;
  return { container: { id, name, is_active: state === 'active' } };
}

/** An order as a list shows it. */
export function renderListed(world: World, records: OrderRecords, labels: FieldLabels): ListedOrder {
  const { order, organization } = records;
  const made = primaryOf(records);
  const { nameId, name } = world.products.of(order.product);
  const duplicates = requestsOfKind(records, 'duplicate').length;
  const reissues = requestsOfKind(records, 'reissue').length;
  return {
    ...sharedMembers(world, records, labels),
    certificate: {
      id: made.request.id,
      ...issuedMembers(made.certificate, world.context.clock.now()),
      ...nameMembers(made),
      cert_validity: certValidity(made.request),
      signature_hash: certificateExtra(made.request).signatureHash,
    },
    ...(organization === null ? {} : { organization: { id: organization.id, name: organization.name } }),
    ...containerMember(records),
    product: { name_id: nameId, name, type: TYPE },
    has_duplicates: duplicates > 0,
    duplicates_count: duplicates,
    has_reissues: reissues > 0,
    reissues_count: reissues,
    product_name_id: nameId,
    number_of_sans: (made.certificate?.names ?? made.request.names).length,
  };
}

/** Everything about an order, but for its notes and CAA. */
export async function renderOrder(world: World, records: OrderRecords, labels: FieldLabels): Promise<OrderInfo> {
  const { order, details, requests, approvals } = records;
  const made = primaryOf(records);
  const extra = orderExtra(details);
  const status = certificateStatusMember(records, world);
  const shown = requests.flatMap((request) => {
    const approval = approvals.get(request.id);
    return approval === undefined ? [] : [renderRequestBrief(request, approval)];
  });
  const notices = details?.renewalNotices !== false;
  return {
    ...sharedMembers(world, records, labels),
    certificate: {
      ...(await certificateMembers(world, made, order.organizationId)),
      ...status,
    },
    is_renewal: order.renewsOrderId !== null,
    renewed_order_id: records.renewedById ?? 0,
    ...(order.renewsOrderId === null ? {} : { renewal_of_order_id: order.renewsOrderId }),
    ...organizationMember(records),
    auto_renew: details?.autoRenew === true ? 1 : 0,
    auto_reissue: details?.autoReissue === true ? 1 : 0,
    ...containerMember(records),
    product: productMember(world, order.product),
    ...contactMembers(records),
    ...(records.user === null ? {} : { user: renderPerson(records.user) }),
    ...(shown.length === 0 ? {} : { requests: shown }),
    ...(records.charges[0] === undefined ? {} : { receipt_id: records.charges[0].id }),
    cs_provisioning_method: 'none',
    send_minus_90: notices,
    send_minus_60: notices,
    send_minus_30: notices,
    send_minus_7: notices,
    send_minus_3: notices,
    send_plus_7: notices,
    allow_duplicates: world.context.catalogue.get(order.product)?.reissuable ?? false,
    user_assignments: [],
    payment_method: extra.paymentMethod,
    disable_ct: extra.disableCt,
    dcv_method: orderDcvOf(details?.extra ?? {}).method,
    ...(details === null || details.emails.length === 0 ? {} : { additional_emails: details.emails }),
    ...optional('custom_renewal_message', extra.renewalMessage),
    ...optional('locale', extra.locale),
    ...optional('comments', extra.comments),
    server_licenses: extra.serverLicenses,
    ...optional('vat_number', extra.vatNumber),
    is_guest_access_enabled: details?.guestAccess === true,
  };
}

/** Clients read no status as the order's own: it is told where that would be wrong, and after a reissue. */
function certificateStatusMember(records: OrderRecords, world: World) {
  const { request, certificate } = primaryOf(records);
  if (certificate === null) return {};
  const status = certificateStatus(certificate, world.context.clock.now());
  return status === 'issued' && request.kind !== 'reissue' ? {} : { status };
}

function organizationMember({ organization }: OrderRecords) {
  if (organization === null) return {};
  const { id, name, active, subject } = organization;
  return {
    organization: {
      id,
      name,
      display_name: name,
      is_active: active,
      ...optional('city', subject.locality),
      ...optional('state', subject.state),
      ...optional('country', subject.country?.toLowerCase()),
    },
  };
}

function productMember(world: World, productId: string): OrderInfo['product'] {
  const { nameId, name, product } = world.products.of(productId);
  const level = product?.level ?? 'DV';
  const validation = VALIDATIONS[level];
  return {
    name_id: nameId,
    name,
    type: TYPE,
    validation_type: level.toLowerCase(),
    validation_name: validation.name,
    validation_description: validation.description,
  };
}

/** The order's own contacts, else the organization's; the technical one is the same where none is named. */
function contactMembers({ details, organization }: OrderRecords) {
  const contacts = [...(details?.contacts ?? []), ...(organization?.contacts ?? [])];
  const main = contacts.find(({ kind }) => kind === 'organization');
  const technical = contacts.find(({ kind }) => kind === 'technical') ?? main;
  return {
    ...(main === undefined ? {} : { organization_contact: renderContact(main) }),
    ...(technical === undefined ? {} : { technical_contact: renderContact(technical) }),
  };
}

function renderContact(contact: Contact) {
  return {
    ...optional('first_name', contact.firstName),
    ...optional('last_name', contact.lastName),
    ...optional('email', contact.email),
    ...optional('job_title', contact.jobTitle),
    ...optional('telephone', contact.phone),
    ...optional('telephone_extension', contact.phoneExtension),
  };
}

function optional<N extends string>(name: N, value: string | undefined): { [K in N]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]: string });
}
