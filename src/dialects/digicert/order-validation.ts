import { z } from 'zod';
import { covers } from '../../core/facts.ts';
import type { Contact, Domain, Organization, Validation } from '../../core/records.ts';
import type { Level } from '../../core/products.ts';
import { DCV_METHODS, dcvMethodOf } from './challenges.ts';
import { read } from './endpoint.ts';
import { orderStatus, ORDER_STATUSES } from './order-status.ts';
import { methodOf, orderValidations, type OrderValidations, scopeOf } from './order-validations.ts';
import { organizationValidation, renderVetting } from './organization-validations.ts';
import type { World } from './world.ts';

const detail = z.enum(['pending', 'approved']);

/** Ids are texts here, as nowhere else. */
export const orderValidationAnswer = z.strictObject({
  order_id: z.string(),
  order_status: z.enum(ORDER_STATUSES),
  order_name_scope: z.enum(['base_domain', 'fqdn']),
  order_dcv_method: z.enum(DCV_METHODS),
  organization_id: z.string().optional(),
  organization_name: z.string().optional(),
  organization_validations: z
    .array(
      organizationValidation.omit({ verified_users: true }).extend({
        verified_contacts: z.array(
          z.strictObject({
            user_id: z.string().optional(),
            name: z.string(),
            first_name: z.string(),
            last_name: z.string(),
            job_title: z.string().optional(),
            telephone: z.string().optional(),
            email: z.string().optional(),
            status: z.enum(['pending', 'active']),
          }),
        ),
        verification_details: z.strictObject({
          organization_type: detail,
          organization_status: detail,
          address_verification: detail,
          blacklist_fraud: detail,
          request_authenticity: detail,
        }),
      }),
    )
    .optional(),
  dns_name_validations: z.array(
    z.strictObject({
      domain_id: z.string().optional(),
      name_scope: z.string(),
      approval_scope: z.enum(['subdomains', 'exact']),
      status: z.enum(['approved', 'pending']),
      method: z.enum(DCV_METHODS),
      dns_names: z.array(z.string()),
    }),
  ),
});

export const orderValidationStatus = read({
  path: '/order/certificate/:orderId/validation',
  summary: 'What an order still waits for',
  query: { include_risk_check: 'Accepted; no risk check is made' },
  answers: { 200: orderValidationAnswer },
  async handle(world, call) {
    const asked = await orderValidations(world, call);
    const { order, requests, request, validations } = asked;
    const { store, clock } = world.context;
    const organization = order.organizationId === null ? null : await store.get('organizations', order.organizationId);
    const name = validations.map(({ domain }) => domain);
    const kept = name.length === 0 ? [] : await store.find('domains', { accountId: order.accountId, name });
    return {
      status: 200,
      json: {
        order_id: String(order.id),
        order_status: orderStatus(order, requests, clock.now()),
        order_name_scope: await scopeOf(world, call.actor, asked.details),
        order_dcv_method: methodOf(asked),
        ...(organization === null ? {} : renderOrganization(world, asked, organization)),
        dns_name_validations: validations.map((one) => renderName(one, request.names, kept)),
      },
    };
  },
});

function renderName(validation: Validation, names: readonly string[], kept: readonly Domain[]) {
  const domain = kept.find(({ name }) => name === validation.domain);
  return {
    ...(domain === undefined ? {} : { domain_id: String(domain.id) }),
    name_scope: validation.domain,
    approval_scope: validation.coversSubdomains ? 'subdomains' : 'exact',
    status: validation.state === 'valid' ? 'approved' : 'pending',
    method: dcvMethodOf(validation),
    dns_names: names.filter((name) => covers(validation, name)),
  };
}

function renderOrganization(world: World, { order, details, request }: OrderValidations, organization: Organization) {
  const level: Level = world.context.catalogue.get(order.product)?.level ?? 'OV';
  const contacts = [...(details?.contacts ?? []), ...organization.contacts];
  const levels = level === 'EV' ? (['OV', 'EV'] as const) : (['OV'] as const);
  const isCalled = request.checks.callback === undefined || request.checks.callback === 'passed';
  return {
    organization_id: String(organization.id),
    organization_name: organization.name,
    organization_validations: levels.map((one) => {
      const { verified_users: _, ...validation } = renderVetting(world, organization, one);
      const found = validation.status === 'active' ? 'approved' : 'pending';
      return {
        ...validation,
        verified_contacts: contacts.flatMap((contact) => renderVerified(contact, found)),
        verification_details: {
          organization_type: found,
          organization_status: found,
          address_verification: found,
          blacklist_fraud: found,
          request_authenticity: isCalled ? found : 'pending',
        },
      };
    }),
  };
}

function renderVerified(contact: Contact, found: 'approved' | 'pending') {
  if (contact.kind === 'technical') return [];
  const { userId, firstName = '', lastName = '', jobTitle, phone, email } = contact;
  return [
    {
      ...(userId === undefined ? {} : { user_id: String(userId) }),
      name: `${firstName} ${lastName}`.trim(),
      first_name: firstName,
      last_name: lastName,
      ...(jobTitle === undefined ? {} : { job_title: jobTitle }),
      ...(phone === undefined ? {} : { telephone: phone }),
      ...(email === undefined ? {} : { email }),
      status: found === 'approved' ? ('active' as const) : ('pending' as const),
    },
  ];
}
