import { createHash } from 'node:crypto';
import type { Actor, CertificateAsk, Outcome, RenewAsk } from './desk.ts';
import type { Engine } from './parts.ts';
import { DeskError } from './errors.ts';
import { isFresh, covers } from './facts.ts';
import { newestCertificate, planDuplicate, planReissue, planRenewal } from './orders.ts';
import { lockOrder, ownCertificate, ownOrder } from './own.ts';
import { placeRequest, type Placement } from './place-request.ts';
import { candidateDomains } from './plan-validations.ts';
import type { CertificateRequest, Order } from './records.ts';
import { cancel } from './requests.ts';
import type { Reader, Unit } from './store.ts';
import type { Instant } from './time.ts';

/** What is done to an order as a whole, in dialects that name orders rather than certificates. */

/** @throws DeskError `wrong-state` where it has no certificate, and as `reissue` */
export async function reissueOrder(
  engine: Engine,
  actor: Actor,
  orderId: number,
  ask: CertificateAsk,
): Promise<Outcome> {
  const target = await newestCertificate(engine.store, actor, orderId);
  await refuseOpen(engine.store, orderId);
  const planned = await planReissue(engine, actor, target.id, ask);
  const beforehand = async (unit: Unit): Promise<void> => {
    if (planned.order !== null) await lockOrder(unit, planned.order);
    await refuseOpen(unit, orderId);
  };
  return placeRequest(engine, actor, { ...planned, beforehand });
}

export async function renewOrder(engine: Engine, actor: Actor, orderId: number, ask: RenewAsk): Promise<Outcome> {
  const target = await newestCertificate(engine.store, actor, orderId);
  return placeRequest(engine, actor, await planRenewal(engine, actor, target.id, ask));
}

/** @throws DeskError `wrong-state` where a name has no fresh proof, and as `planDuplicate` */
export async function duplicate(engine: Engine, actor: Actor, orderId: number, ask: CertificateAsk): Promise<Outcome> {
  const target = await newestCertificate(engine.store, actor, orderId);
  const placement = await planDuplicate(engine, actor, target.id, ask);
  await demandProofs(engine, actor, placement);
  return placeRequest(engine, actor, placement);
}

async function demandProofs(engine: Engine, actor: Actor, placement: Placement): Promise<void> {
  const since = engine.rules.domainProofSince(engine.clock.now());
  const { names } = placement.names;
  const domains = candidateDomains(names, engine.names);
  const proofs = await engine.store.reusableValidations(actor.accountId, domains, since);
  const bare = names.find((name) => !proofs.some((proof) => isFresh(proof, since) && covers(proof, name)));
  if (bare !== undefined)
    throw new DeskError('wrong-state', `The validation of ${bare} is too old; reissue the order first`);
}

async function refuseOpen(reader: Reader, orderId: number): Promise<void> {
  const open = await openRequests(reader, orderId);
  if (open.length > 0) throw new DeskError('wrong-state', `Order ${orderId} has an open request ${open[0]?.id}`);
}

function openRequests(reader: Reader, orderId: number): Promise<CertificateRequest[]> {
  const kind = ['new', 'renew', 'reissue', 'duplicate'] as const;
  return reader.find('requests', { orderId, kind, state: ['needs-approval', 'waiting', 'issuing'] });
}

/** @throws DeskError `not-found`, `wrong-state` where nothing is open or what is open is being issued */
export async function cancelOrder(engine: Engine, actor: Actor, orderId: number, note: string | null): Promise<void> {
  await ownOrder(engine.store, actor, orderId);
  const open = await openRequests(engine.store, orderId);
  if (open.length === 0) throw new DeskError('wrong-state', `Order ${orderId} has nothing open to cancel`);
  for (const request of open) await cancel(engine, actor, request.id, note);
}

const hashOf = (secret: string): Uint8Array => new Uint8Array(createHash('sha256').update(secret).digest());

/** A secret of 256 bits that shows one order. @throws DeskError `not-found`, `not-allowed` */
export async function createGuestLink(
  engine: Engine,
  actor: Actor,
  orderId: number,
  expiresAt: Instant,
): Promise<string> {
  const secret = Buffer.from(engine.random.bytes(32)).toString('base64url');
  const now = engine.clock.now();
  await engine.store.transact(async (unit) => {
    await ownOrder(unit, actor, orderId);
    const account = await unit.get('accounts', actor.accountId);
    const details = await unit.get('orderDetails', orderId);
    if (account?.settings.guestAccess !== true || details?.guestAccess !== true) {
      throw new DeskError('not-allowed', 'Guest access is off for this order');
    }
    const { accountId } = actor;
    const link = { id: unit.newId('guestLinks'), accountId, orderId, secretHash: hashOf(secret), createdAt: now };
    unit.insert('guestLinks', { ...link, expiresAt, disabledAt: null });
    const by = `${actor.handle}/${actor.userName}`;
    unit.audit({
      at: now,
      actor: by,
      accountId,
      action: 'guest-link.created',
      target: `order:${orderId}`,
      details: { expiresAt },
    });
  });
  return secret;
}

export async function disableGuestLinks(engine: Engine, actor: Actor, orderId: number): Promise<void> {
  const now = engine.clock.now();
  await engine.store.transact(async (unit) => {
    await ownOrder(unit, actor, orderId);
    const links = await unit.find('guestLinks', { orderId, disabledAt: null });
    for (const link of links) await unit.update('guestLinks', link.id, { disabledAt: now });
    const by = `${actor.handle}/${actor.userName}`;
    const what = { action: 'guest-links.disabled', target: `order:${orderId}`, details: { links: links.length } };
    unit.audit({ at: now, actor: by, accountId: actor.accountId, ...what });
  });
}

/** The order that a guest's secret shows; null where it is unknown, expired, disabled, or guests are off by now. */
export async function orderOfGuest(engine: Engine, secret: string): Promise<Order | null> {
  const [link] = await engine.store.find('guestLinks', { secretHash: hashOf(secret) });
  if (link === undefined || link.disabledAt !== null || link.expiresAt <= engine.clock.now()) return null;
  const account = await engine.store.get('accounts', link.accountId);
  const details = await engine.store.get('orderDetails', link.orderId);
  if (account?.settings.guestAccess !== true || account.state !== 'active' || details?.guestAccess !== true)
    return null;
  return engine.store.get('orders', link.orderId);
}

/** @throws DeskError `not-found`, `wrong-state` for the certificate that its order stands for */
export async function archiveCertificate(
  engine: Engine,
  actor: Actor,
  certificateId: number,
  archived: boolean,
): Promise<void> {
  const now = engine.clock.now();
  await engine.store.transact(async (unit) => {
    const certificate = await ownCertificate(unit, actor, certificateId);
    const newest = certificate.orderId === null ? null : await newestCertificate(unit, actor, certificate.orderId);
    if (archived && newest?.id === certificateId) {
      throw new DeskError('wrong-state', 'The certificate that an order stands for cannot be archived');
    }
    if ((certificate.archivedAt !== null) === archived) return;
    await unit.update('certificates', certificateId, { archivedAt: archived ? now : null });
    const action = archived ? 'certificate.archived' : 'certificate.unarchived';
    const what = { accountId: actor.accountId, action, target: `certificate:${certificateId}`, details: {} };
    unit.audit({ at: now, actor: `${actor.handle}/${actor.userName}`, ...what });
  });
}
