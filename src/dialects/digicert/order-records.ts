import type { Actor } from '../../core/desk.ts';
import { seesOrder } from '../../core/scope.ts';
import type {
  Approval,
  Certificate,
  CertificateRequest,
  Charge,
  Container,
  Note,
  Order,
  OrderDetails,
  Organization,
  User,
} from '../../core/records.ts';
import { unknownObject } from './errors.ts';
import type { World } from './world.ts';

/** A certificate may be on record twice: issued here and imported. */
const MOST_ALIKE = 10;

/** An order with all that its answers are made of. */
export interface OrderRecords {
  order: Order;
  /** Null for orders that came through another vendor's API. */
  details: OrderDetails | null;
  /** Oldest first. */
  requests: CertificateRequest[];
  certificates: Certificate[];
  /** Of requests that had to be approved, by the request's id. */
  approvals: ReadonlyMap<number, Approval>;
  charges: Charge[];
  organization: Organization | null;
  container: Container | null;
  /** Who ordered. */
  user: User | null;
  /** The order that follows this one. */
  renewedById: number | null;
}

/** An order of the actor's account. @throws VendorError `not_found|order` */
export async function ownOrder(world: World, actor: Actor, orderId: number): Promise<Order> {
  const order = await world.context.store.get('orders', orderId);
  if (order === null || order.accountId !== actor.accountId || !seesOrder(actor, order)) throw unknownObject('order');
  return order;
}

/** Own certificates with one of these serial numbers. By the serial alone there is an index: whose they are is seen after. */
export async function certificatesBySerial(
  world: World,
  accountId: number,
  serials: readonly string[],
): Promise<Certificate[]> {
  const found = await world.context.store.find('certificates', { serial: serials });
  return found.filter((certificate) => certificate.accountId === accountId);
}

/** Own certificates with this SHA-1 thumbprint, upper-case hex. It is an index of lists: no other lookup is by it. */
export async function certificatesByThumbprint(world: World, accountId: number, sha1: string): Promise<Certificate[]> {
  const filters = [{ field: 'sha1', op: 'eq', value: sha1 }] as const;
  const query = { accountId, filters, order: [], limit: MOST_ALIKE, offset: 0, count: false };
  return (await world.context.store.list('certificates', query)).records;
}

/** Everything about some orders of one account, by one query per table. */
export async function readOrders(world: World, orders: readonly Order[]): Promise<OrderRecords[]> {
  if (orders.length === 0) return [];
  const { store } = world.context;
  const id = orders.map((order) => order.id);
  const { accountId } = orders[0] as Order;
  const details = byId(await store.find('orderDetails', { id }));
  const requests = await store.find('requests', { orderId: id });
  const certificates = grouped(await store.find('certificates', { orderId: id }));
  const requestId = requests.map((request) => request.id);
  const approvals = byId(await store.find('approvals', { id: requestId }));
  const charges = grouped(await store.find('charges', { requestId }));
  const organizations = byId(await store.find('organizations', { id: some(orders, (one) => one.organizationId) }));
  const containers = byId(await store.find('containers', { id: some(orders, (one) => one.containerId) }));
  const users = byId(await store.find('users', { id: some(orders, (one) => one.userId) }));
  const followers = await store.find('orders', { accountId, renewsOrderId: id });
  const renewedBy = new Map(followers.filter(isLive).map((order) => [order.renewsOrderId, order.id]));
  const ofOrder = grouped(requests);
  return orders.map((order) => {
    const detail = details.get(order.id) ?? null;
    return {
      order,
      details: detail,
      requests: ofOrder.get(order.id) ?? [],
      certificates: certificates.get(order.id) ?? [],
      approvals,
      charges: charges.get(order.id) ?? [],
      organization: organizations.get(order.organizationId ?? 0) ?? null,
      container: containers.get(order.containerId ?? 0) ?? null,
      user: users.get(order.userId ?? 0) ?? null,
      renewedById: renewedBy.get(order.id) ?? null,
    };
  });
}

/** As `readOrders`, of one. */
export async function readOrder(world: World, order: Order): Promise<OrderRecords> {
  const [records] = await readOrders(world, [order]);
  return records as OrderRecords;
}

/** Remarks on an order's requests, oldest first. */
export function readNotes(world: World, { requests }: OrderRecords): Promise<Note[]> {
  return world.context.store.find('notes', { requestId: requests.map((request) => request.id) });
}

function isLive({ state }: Order): boolean {
  return state === 'pending' || state === 'active' || state === 'ended';
}

function byId<R extends { id: number }>(records: readonly R[]): Map<number, R> {
  return new Map(records.map((record) => [record.id, record]));
}

function grouped<R extends { orderId: number | null }>(records: readonly R[]): Map<number | null, R[]> {
  return Map.groupBy(records, (record) => record.orderId);
}

function some<R>(records: Iterable<R>, idOf: (record: R) => number | null): number[] {
  const ids = new Set<number>();
  for (const record of records) {
    const id = idOf(record);
    if (id !== null) ids.add(id);
  }
  return [...ids];
}

/** The request whose certificate an order stands for, and that certificate once there is one. */
export interface Primary {
  request: CertificateRequest;
  certificate: Certificate | null;
}

/** The newest certificate that is no duplicate; before there is one, the request that is to bring it. */
export function primaryOf({ requests, certificates }: Pick<OrderRecords, 'requests' | 'certificates'>): Primary {
  const made = new Map(certificates.map((certificate) => [certificate.requestId, certificate]));
  const own = requests.filter(({ kind }) => kind === 'new' || kind === 'renew' || kind === 'reissue');
  const request = own.findLast(({ id }) => made.has(id)) ?? (own[0] as CertificateRequest);
  return { request, certificate: made.get(request.id) ?? null };
}

/** Requests of one kind that a list of certificates shows: also those that are under way or were refused. */
export function requestsOfKind({ requests }: OrderRecords, kind: 'reissue' | 'duplicate'): CertificateRequest[] {
  return requests.filter((request) => request.kind === kind);
}
