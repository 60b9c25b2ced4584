import type { Certificate, CertificateRequest, Hostname, Order, OrderDetails, Validation } from '../../core/records.ts';
import type { World } from './world.ts';

/** What stands behind a domain's certificate: what is installed, and the order that is current for it. */
export interface DomainState {
  domain: Hostname;
  /** What is installed, where the desk has its record. */
  certificate: Certificate | null;
  /** The order that renews itself for the domain, the newest of its line. */
  order: Order | null;
  /** The newest request of that order that is to bring a certificate. */
  request: CertificateRequest | null;
  /** Open ones of that request. */
  validations: Validation[];
  /** Of the orders of certificate and request, by order id. */
  details: ReadonlyMap<number, OrderDetails>;
  /** Request behind the installed certificate. */
  origin: CertificateRequest | null;
}

const OPEN = ['needs-approval', 'waiting', 'issuing'] as const;

export function isOpen(request: CertificateRequest | null): request is CertificateRequest {
  return request !== null && (OPEN as readonly string[]).includes(request.state);
}

/** Whether the order was placed for this very domain, and not for one that it goes with. */
export function isOwn({ domain, request }: DomainState): boolean {
  return request?.extra['domain'] === domain.uid;
}

/** States of the given domains, in their order; a few queries whatever their number. */
export async function statesOf(world: Pick<World, 'store'>, domains: readonly Hostname[]): Promise<DomainState[]> {
  const { store } = world;
  const certificateIds = domains.flatMap(({ certificateId }) => certificateId ?? []);
  const certificates = certificateIds.length === 0 ? [] : await store.find('certificates', { id: certificateIds });
  const firstOf = (domain: Hostname): number | null => {
    const installed = certificates.find(({ id }) => id === domain.certificateId);
    return orderIdOf(domain) ?? installed?.orderId ?? null;
  };
  const tails = await newestOrders(
    world,
    domains.flatMap((domain) => firstOf(domain) ?? []),
  );
  const orders = [...new Set(tails.values())];
  const orderId = orders.map(({ id }) => id);
  const requests = orders.length === 0 ? [] : await store.find('requests', { orderId });
  const newest = new Map(requests.filter(({ kind }) => kind !== 'revoke').map((one) => [one.orderId, one]));
  const openIds = [...newest.values()].filter(isOpen).map(({ id }) => id);
  const validations =
    openIds.length === 0
      ? []
      : await store.find('validations', { requestId: openIds, state: ['waiting', 'attention'] });
  const originIds = certificates.map(({ requestId }) => requestId);
  const origins = originIds.length === 0 ? [] : await store.find('requests', { id: originIds });
  const detailIds = [...new Set([...orderId, ...certificates.flatMap((one) => one.orderId ?? [])])];
  const details = detailIds.length === 0 ? [] : await store.find('orderDetails', { id: detailIds });
  const byOrder = new Map(details.map((one) => [one.id, one]));
  return domains.map((domain) => {
    const order = tails.get(firstOf(domain) ?? 0) ?? null;
    const request = (order === null ? undefined : newest.get(order.id)) ?? null;
    const certificate = certificates.find(({ id }) => id === domain.certificateId) ?? null;
    return {
      domain,
      certificate,
      order,
      request,
      validations: validations.filter(({ requestId }) => requestId === request?.id),
      details: byOrder,
      origin: origins.find(({ id }) => id === certificate?.requestId) ?? null,
    };
  });
}

export async function stateOf(world: Pick<World, 'store'>, domain: Hostname): Promise<DomainState> {
  const [state] = await statesOf(world, [domain]);
  return state as DomainState;
}

/** The order that was last placed for a domain. */
export function orderIdOf({ extra }: Pick<Hostname, 'extra'>): number | null {
  const { orderId } = extra;
  return typeof orderId === 'number' ? orderId : null;
}

/** The newest of each line of orders, where each one renews the one before; by the id of its first. */
async function newestOrders({ store }: Pick<World, 'store'>, first: readonly number[]): Promise<Map<number, Order>> {
  const tails = new Map<number, Order>();
  if (first.length === 0) return tails;
  for (const order of await store.find('orders', { id: [...new Set(first)] })) tails.set(order.id, order);
  for (let front = [...tails.values()]; front.length > 0; ) {
    const followers = await store.find('orders', { renewsOrderId: front.map(({ id }) => id) });
    // One that failed is tried again beside what it was to follow.
    const alive = followers.filter(({ state }) => state === 'active' || state === 'pending');
    for (const [start, tail] of tails) {
      const next = alive.findLast(({ renewsOrderId }) => renewsOrderId === tail.id);
      if (next !== undefined) tails.set(start, next);
    }
    front = alive;
  }
  return tails;
}
