import type { Actor } from './desk.ts';
import { notFound } from './errors.ts';
import type { Certificate, Order } from './records.ts';
import type { Reader } from './store.ts';

/** An order of the actor's account. @throws DeskError `not-found` */
export async function ownOrder(reader: Reader, actor: Actor, orderId: number): Promise<Order> {
  const order = await reader.get('orders', orderId);
  if (order === null || order.accountId !== actor.accountId) throw notFound(`Order ${orderId}`);
  return order;
}

/** A certificate of the actor's account. @throws DeskError `not-found` */
export async function ownCertificate(reader: Reader, actor: Actor, certificateId: number): Promise<Certificate> {
  const certificate = await reader.get('certificates', certificateId);
  if (certificate === null || certificate.accountId !== actor.accountId) throw notFound(`Certificate ${certificateId}`);
  return certificate;
}
