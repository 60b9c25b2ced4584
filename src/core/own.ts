import type { Actor } from './desk.ts';
import { notFound } from './errors.ts';
import { holdRecord } from './hold-record.ts';
import type { Certificate, Container, Order } from './records.ts';
import { seesContainer, seesOrder, seesOrderOf } from './scope.ts';
import type { Reader, Unit } from './store.ts';

/** An order of the actor's account. @throws DeskError `not-found` */
export async function ownOrder(reader: Reader, actor: Actor, orderId: number): Promise<Order> {
  const order = await reader.get('orders', orderId);
  if (order === null || order.accountId !== actor.accountId || !seesOrder(actor, order))
    throw notFound(`Order ${orderId}`);
  return order;
}

/** A certificate of the actor's account. @throws DeskError `not-found` */
export async function ownCertificate(reader: Reader, actor: Actor, certificateId: number): Promise<Certificate> {
  const certificate = await reader.get('certificates', certificateId);
  if (
    certificate === null ||
    certificate.accountId !== actor.accountId ||
    !(await seesOrderOf(reader, actor, certificate))
  ) {
    throw notFound(`Certificate ${certificateId}`);
  }
  return certificate;
}

/** A division of the actor's account. @throws DeskError `not-found` */
export async function ownContainer(reader: Reader, actor: Actor, containerId: number): Promise<Container> {
  const container = await reader.get('containers', containerId);
  if (
    container === null ||
    container.accountId !== actor.accountId ||
    !seesContainer(actor, { containerId: container.id })
  ) {
    throw notFound(`Container ${containerId}`);
  }
  return container;
}

/** Refuses a division that the actor does not see; none is the root. @throws DeskError `not-found` */
export async function demandContainer(reader: Reader, actor: Actor, containerId: number | null): Promise<void> {
  if (containerId !== null) await ownContainer(reader, actor, containerId);
  else if (!seesContainer(actor, { containerId })) throw notFound('Container');
}

/**
 * Holds an order until the unit ends: whoever comes second waits here, and sees then what the first has placed.
 * @throws DeskError `conflict` where the order's state changed meanwhile
 */
export function lockOrder(unit: Unit, { id, state }: Pick<Order, 'id' | 'state'>): Promise<void> {
  return holdRecord(unit, 'orders', id, { state });
}
