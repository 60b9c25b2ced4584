import type { Actor } from '../../core/desk.ts';
import { covers, isFresh, isOpen } from '../../core/facts.ts';
import { baseOf } from '../../core/names.ts';
import type { CertificateRequest, Order, OrderDetails, Validation } from '../../core/records.ts';
import { isFinal } from '../../core/states.ts';
import { type DatedValue, dcvMethodOf, type DcvMethod, type DcvScope, orderDcvOf, valueOf } from './challenges.ts';
import { idOf, type Call } from './endpoint.ts';
import { ownOrder } from './order-records.ts';
import type { World } from './world.ts';

/** An order with what stands between it and its certificate. */
export interface OrderValidations {
  order: Order;
  details: OrderDetails | null;
  /** Every request of the order, oldest first. */
  requests: CertificateRequest[];
  /** The one under way that needs proofs, else the last that needed some. */
  request: CertificateRequest;
  /** Of that request, without those that were called off. */
  validations: Validation[];
}

/** What the order in the path needs. @throws VendorError `not_found|order` */
export async function orderValidations(world: World, call: Call): Promise<OrderValidations> {
  return validationsOf(world, await ownOrder(world, call.actor, idOf(call, 'orderId', 'order')));
}

export async function validationsOf(world: World, order: Order): Promise<OrderValidations> {
  const { store } = world.context;
  const requests = await store.find('requests', { orderId: order.id });
  const proving = requests.filter(({ kind }) => kind !== 'revoke' && kind !== 'import');
  const request = proving.findLast(({ state }) => !isFinal('request', state)) ?? proving.at(-1);
  if (request === undefined) throw new Error(`Order ${order.id} has no request`);
  const validations = await store.find('validations', { requestId: request.id });
  return {
    order,
    details: await store.get('orderDetails', order.id),
    requests,
    request,
    validations: validations.filter(({ state }) => state !== 'cancelled'),
  };
}

/** Whether a name of the request is proved, and proof still counts. */
export function isProved(world: World, { validations }: OrderValidations, name: string): boolean {
  const since = world.context.rules.domainProofSince(world.context.clock.now());
  return validations.some((one) => isFresh(one, since) && covers(one, name));
}

/** Domains (without `*.`) of the request that still have to be proved. */
export function unprovedDomains(world: World, asked: OrderValidations): string[] {
  const names = asked.request.names.filter((name) => !isProved(world, asked, name));
  return [...new Set(names.map(baseOf))];
}

/** How the order is proved: as its open validations are, else as it was ordered. */
export function methodOf({ details, validations }: OrderValidations): DcvMethod {
  const open = validations.find(isOpen);
  return open === undefined ? orderDcvOf(details?.extra ?? {}).method : dcvMethodOf(open);
}

/**
 * The open values of kept domains that prove some of `domains`, by the kept domain: they count for an order beside its
 * own.
 */
export async function domainValues(
  world: World,
  actor: Actor,
  domains: readonly string[],
): Promise<Map<string, DatedValue>> {
  const { store, registry, names } = world.context;
  const name = [...new Set(domains.flatMap((one) => [one, names.registrableDomain(one) ?? one]))];
  const values = new Map<string, DatedValue>();
  for (const domain of await store.find('domains', { accountId: actor.accountId, name })) {
    const validation = await registry.domains.validationOf(domain.id);
    const value = validation !== null && isOpen(validation) ? valueOf(validation) : null;
    if (validation !== null && value !== null) values.set(domain.name, { value, madeAt: validation.createdAt });
  }
  return values;
}

/** As it was ordered, else as the account has it. */
export async function scopeOf(world: World, actor: Actor, details: OrderDetails | null): Promise<DcvScope> {
  const { scope } = orderDcvOf(details?.extra ?? {});
  if (scope !== null) return scope;
  const account = await world.context.store.get('accounts', actor.accountId);
  return account?.settings.domainScope === 'name' ? 'fqdn' : 'base_domain';
}
