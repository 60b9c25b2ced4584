import type { Actor, CertificateAsk, NewOrderAsk, Quote, RenewAsk } from './desk.ts';
import { ownCertificate, ownOrder } from './own.ts';
import type { Engine } from './parts.ts';
import { DeskError, invalidValue } from './errors.ts';
import { orderedNames, type OrderedNames } from './names.ts';
import type { Placement } from './place-request.ts';
import { refuseObjections } from './objections.ts';
import { planValidations } from './plan-validations.ts';
import { priceOfReissue, priceOfTerm } from './prices.ts';
import type { Product } from './products.ts';
import type { Certificate, Order } from './records.ts';
import type { Reader } from './store.ts';

/** Checks and prices a new order. @throws DeskError as `placeOrder`, but for what only placing can find. */
export function planOrder(engine: Engine, actor: Actor, ask: NewOrderAsk): Placement {
  const product = productOf(engine, ask.product);
  const names = orderedNames(product, ask.commonName, ask.otherNames, engine.names);
  const quote = priceOfTerm(product, names, ask.periodMonths, actor.currency, 'request');
  const { periodMonths, endsAt = null, details, containerId = null } = ask;
  const term = { periodMonths, endsAt, details, containerId };
  return { kind: 'new', ask, product, names, quote, order: null, ...term, target: null };
}

/** Buys a new term after that of a certificate's order; the product may change where it allows. */
export async function planRenewal(
  engine: Engine,
  actor: Actor,
  certificateId: number,
  ask: RenewAsk,
): Promise<Placement> {
  const target = await ownCertificate(engine.store, actor, certificateId);
  refuseState(target, ['active', 'expired', 'reissued', 'revoked'], 'renewed');
  const product = productOf(engine, ask.product ?? target.product);
  if (product.id !== target.product && !product.renewFrom.includes(target.product)) {
    throw invalidValue('product', 'The certificate cannot be renewed as this product', ask.product);
  }
  const names = orderedNames(product, ask.commonName, ask.otherNames, engine.names);
  const quote = priceOfTerm(product, names, ask.periodMonths, actor.currency, 'renew');
  const { periodMonths, endsAt = null, details, containerId = null } = ask;
  const term = { periodMonths, endsAt, details, containerId };
  return { kind: 'renew', ask, product, names, quote, order: null, ...term, target };
}

/** Another certificate of the same order; names beyond those paid for are charged until the order's end. */
export async function planReissue(
  engine: Engine,
  actor: Actor,
  certificateId: number,
  ask: CertificateAsk,
): Promise<Placement> {
  const target = await ownCertificate(engine.store, actor, certificateId);
  refuseState(target, ['active', 'revoked', 'expired'], 'reissued');
  const order = await runningOrder(engine, target);
  const product = productOf(engine, target.product);
  if (!product.reissuable) throw new DeskError('wrong-state', 'This product cannot be reissued');
  const names = orderedNames(product, ask.commonName, ask.otherNames, engine.names);
  const paid: OrderedNames = {
    names: target.names,
    extraDomains: order.extraDomains,
    extraWildcards: order.extraWildcards,
  };
  const now = engine.clock.now();
  const quote = priceOfReissue(product, paid, names, now, order.endsAt as number, actor.currency);
  return { kind: 'reissue', ask, product, names, quote, order, periodMonths: order.periodMonths, target };
}

/** The price of what is planned; refuses what placing would refuse of the ways of validation and of the issuers. */
export function quoteOf(engine: Engine, placement: Placement): Quote {
  const world = { now: engine.clock.now(), rules: engine.rules, names: engine.names, newId: () => 0 };
  planValidations({ accountId: 0, requestId: 0 }, placement.names.names, [], placement.ask.chooseValidation, world);
  refuseObjections(engine, placement);
  return placement.quote;
}

function productOf(engine: Engine, id: string): Product {
  const product = engine.catalogue.get(id);
  if (product === undefined)
    throw new DeskError('product-not-available', 'The product is not offered', { field: 'product' });
  return product;
}

/**
 * One more certificate for the same names. It costs nothing, and replaces nothing.
 * @throws DeskError `wrong-state` where the order does not run, `invalid-value` where the names differ
 */
export async function planDuplicate(
  engine: Engine,
  actor: Actor,
  certificateId: number,
  ask: CertificateAsk,
): Promise<Placement> {
  const target = await ownCertificate(engine.store, actor, certificateId);
  refuseState(target, ['active'], 'duplicated');
  const order = await runningOrder(engine, target);
  const product = productOf(engine, target.product);
  const names = orderedNames(product, ask.commonName, ask.otherNames, engine.names);
  const strange = names.names.find((name) => !target.names.includes(name) && !underWildcard(name, target.names));
  if (strange !== undefined) throw invalidValue('names', 'A duplicate holds the names of the certificate', strange);
  const quote: Quote = { total: 0, currency: actor.currency, billables: [] };
  return { kind: 'duplicate', ask, product, names, quote, order, periodMonths: order.periodMonths, target };
}

function underWildcard(name: string, names: readonly string[]): boolean {
  return names.includes(`*.${name.slice(name.indexOf('.') + 1)}`);
}

/** The certificate that an order stands for: the newest that is no duplicate. @throws DeskError `not-found`, `wrong-state` */
export async function newestCertificate(reader: Reader, actor: Actor, orderId: number): Promise<Certificate> {
  await ownOrder(reader, actor, orderId);
  const certificates = await reader.find('certificates', { orderId });
  const requests = await reader.find('requests', { orderId, kind: 'duplicate' });
  const duplicates = new Set(requests.map((request) => request.id));
  const newest = certificates.findLast((certificate) => !duplicates.has(certificate.requestId));
  if (newest === undefined) throw new DeskError('wrong-state', `Order ${orderId} has no certificate yet`);
  return newest;
}

function refuseState(certificate: Certificate, allowed: readonly Certificate['state'][], deed: string): void {
  if (allowed.includes(certificate.state)) return;
  throw new DeskError('wrong-state', `Certificate ${certificate.id} is ${certificate.state} and cannot be ${deed}`);
}

async function runningOrder(engine: Engine, target: Certificate): Promise<Order> {
  const order = target.orderId === null ? null : await engine.store.get('orders', target.orderId);
  if (order === null)
    throw new DeskError('wrong-state', `Certificate ${target.id} was not ordered here and cannot be reissued`);
  if (order.state !== 'active' || order.endsAt === null || order.endsAt <= engine.clock.now()) {
    throw new DeskError('wrong-state', `The term of certificate ${target.id} has ended; renew it instead`);
  }
  return order;
}
