import { z } from 'zod';
import type { Outcome } from '../../core/desk.ts';
import { isOpen } from '../../core/facts.ts';
import { orderDcvOf, usesToken } from './challenges.ts';
import { dcvAsk, renderDcvAsk } from './dcv-answers.ts';
import type { Answer } from './endpoint.ts';
import { renderChain } from './pem.ts';
import { approvalStatus } from './request-view.ts';
import type { World } from './world.ts';

const id = z.int();

/** What is answered to an order, a reissue and a duplicate. */
export const placed = z.strictObject({
  id,
  requests: z.array(z.strictObject({ id, status: z.enum(['pending', 'approved', 'rejected']) })).optional(),
  certificate_id: id.optional(),
  certificate_chain: z.array(z.strictObject({ subject_common_name: z.string(), pem: z.string() })).optional(),
  domains: z.array(z.strictObject({ id: id.optional(), name: z.string(), ...dcvAsk.shape })).optional(),
  dcv_random_value: z.string().optional(),
  organization: z.strictObject({ id }).optional(),
});

export interface PlacedOptions {
  /** Orders of OV and EV tell what is left to be proved; reissues do not. */
  withDomains: boolean;
  /** Where the order has brought its organization. */
  withOrganization: boolean;
}

/**
 * 201 with the order's id, and what has become of it: the request that waits for approval, or the certificate's id
 * with its chain where it was issued at once, or with what is left to be proved.
 */
export async function placedAnswer(world: World, outcome: Outcome, options: PlacedOptions): Promise<Answer> {
  const { request, certificate } = outcome;
  const { store } = world.context;
  const orderId = request.orderId as number;
  const approval = await store.get('approvals', request.id);
  const requests =
    approval === null ? {} : { requests: [{ id: request.id, status: approvalStatus(request, approval) }] };
  const json: z.infer<typeof placed> = {
    id: orderId,
    ...requests,
    ...(request.state === 'needs-approval' ? {} : { certificate_id: request.id }),
    ...(certificate === null ? {} : { certificate_chain: await renderChain(world, certificate) }),
    ...(certificate === null && request.state === 'waiting' ? await openDomains(world, outcome, options) : {}),
    ...(options.withOrganization ? await organizationOf(world, orderId) : {}),
  };
  return { status: 201, json };
}

/** What has to be published or answered before the certificate can be issued. */
async function openDomains(world: World, { request }: Outcome, { withDomains }: PlacedOptions) {
  const { store, clock } = world.context;
  const validations = (await store.find('validations', { requestId: request.id })).filter(isOpen);
  if (validations.length === 0) return {};
  const name = validations.map(({ domain }) => domain);
  const kept = withDomains ? await store.find('domains', { accountId: request.accountId, name }) : [];
  const domains = validations.map((validation) => {
    const domain = kept.find((one) => one.name === validation.domain);
    const asked = renderDcvAsk(validation, clock.now());
    return { ...(domain === undefined ? {} : { id: domain.id }), name: validation.domain, ...asked };
  });
  const details = await store.get('orderDetails', request.orderId as number);
  const { method, value } = orderDcvOf(details?.extra ?? {});
  return {
    ...(withDomains ? { domains } : {}),
    ...(usesToken(method) && value !== null ? { dcv_random_value: value.value } : {}),
  };
}

async function organizationOf(world: World, orderId: number) {
  const order = await world.context.store.get('orders', orderId);
  const organizationId = order?.organizationId ?? null;
  return organizationId === null ? {} : { organization: { id: organizationId } };
}
