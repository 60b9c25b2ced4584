import { nameOf } from './bare-request.ts';
import { firstChecks } from './agreement.ts';
import { startApproval } from './approvals.ts';
import type { Actor, CertificateAsk, DetailsAsk, Placed, Quote } from './desk.ts';
import { advanceWithinCall, settleWorld, write } from './engine.ts';
import type { Engine } from './parts.ts';
import { DeskError, invalidValue, notFound } from './errors.ts';
import { isAnsweredHere, keepAnswers } from './challenge-answers.ts';
import { covers, isOpen, type Facts } from './facts.ts';
import { countFreeOrder } from './free-orders.ts';
import { applyDomainChecks } from './apply-effect.ts';
import { checkPlaces } from './hosting/install.ts';
import { sameIdentity } from './identity.ts';
import { isKeyKeptHere } from './kept-keys.ts';
import type { OrderedNames } from './names.ts';
import { checkDetails, checkFields, keepFieldValues } from './order-details.ts';
import { demandContainer } from './own.ts';
import { findOrganization } from './organizations.ts';
import { checkDomains } from './perform.ts';
import { refuseObjections } from './objections.ts';
import { candidateDomains, planValidations } from './plan-validations.ts';
import type { DomainCheck } from './ports.ts';
import type { Product } from './products.ts';
import type { Approval, Certificate, CertificateRequest, Charge, Order, Organization, Validation } from './records.ts';
import { enqueueConfirmations } from './reminders.ts';
import { settle, type Happening } from './settle.ts';
import { mayUse } from './scope.ts';
import { isFinal } from './states.ts';
import { refuseWishes } from './wishes.ts';
import type { Reader, Unit } from './store.ts';
import type { Instant } from './time.ts';

/** One ask, checked and priced, ready to be put on record. */
export interface Placement {
  kind: 'new' | 'renew' | 'reissue' | 'duplicate';
  ask: CertificateAsk;
  product: Product;
  names: OrderedNames;
  quote: Quote;
  /** The order it belongs to; null where it opens one of `periodMonths`. */
  order: Order | null;
  periodMonths: number;
  /** Where the order ends at a moment of the caller's choice. */
  endsAt?: Instant | null;
  /** What a new order carries in dialects that know more of it. */
  details?: DetailsAsk | undefined;
  containerId?: number | null;
  target: Certificate | null;
  /** Runs first in the transaction; what it throws leaves nothing behind. */
  beforehand?: (unit: Unit) => Promise<void>;
}

/**
 * Puts a request on record with its order, validations, charge, audit event and job in one transaction, and takes it
 * as far as it goes within the call.
 * @throws DeskError `already-exists`, `insufficient-balance`, `invalid-csr`, `invalid-value`, `validation-failed`,
 * `too-many-requests`; nothing is left behind then.
 */
export async function placeRequest(engine: Engine, actor: Actor, placement: Placement): Promise<Placed> {
  refuseAtOnce(engine, placement);
  const put = (checks: Checks | null) =>
    engine.store.transact((unit) => record(engine, unit, actor, placement, checks));
  const placed = await put(placement.ask.validateNow ? null : new Map()).catch(async (error: unknown) => {
    if (error !== OUTSTANDING) throw error;
    return put(await checkBeforehand(engine, actor, placement));
  });
  const facts = await advanceWithinCall(engine, placed);
  const { request, certificate, validations, caa } = facts;
  // Most orders end here and leave nothing for others to do.
  if (!isFinal('request', request.state) || placement.target !== null) engine.wake();
  return { request, certificate, validations, caa };
}

/**
 * Puts several requests on record in one transaction, all of them or none, and takes each as far as it goes.
 * `beforehand` and `afterwards` run in the same transaction, and what they throw leaves nothing behind.
 * @throws DeskError as `placeRequest`
 */
export async function placeTogether(
  engine: Engine,
  actor: Actor,
  placements: readonly Placement[],
  work: { beforehand(unit: Unit): Promise<void>; afterwards(unit: Unit, placed: readonly Facts[]): Promise<void> },
): Promise<void> {
  for (const placement of placements) refuseAtOnce(engine, placement);
  const placed = await engine.store.transact(async (unit) => {
    await work.beforehand(unit);
    const all: Facts[] = [];
    for (const placement of placements) all.push(await record(engine, unit, actor, placement, new Map()));
    await work.afterwards(unit, all);
    return all;
  });
  // What fails from here on is on record, and its job goes on with it.
  await Promise.allSettled(placed.map((facts) => advanceWithinCall(engine, facts)));
  engine.wake();
}

/** What no issuer of the product would do is refused before anything is looked up or stored. */
function refuseAtOnce(engine: Engine, placement: Placement): void {
  const { ask, product } = placement;
  refuseWishes(engine.issuers, product, ask.wishes ?? null, ask.csr.keyAlgorithm);
  refuseObjections(engine, placement);
}

type Checks = ReadonlyMap<string, DomainCheck>;

/** Domains are not proved, and the caller wants the certificate at once: nothing is stored before they were checked. */
const OUTSTANDING = new Error('Domains must be checked first');

/** For a caller who wants the certificate at once: outstanding domains are checked before anything is stored. */
async function checkBeforehand(engine: Engine, actor: Actor, placement: Placement): Promise<Map<string, DomainCheck>> {
  const planned = await plan(engine, engine.store, actor, placement, 0, () => 0);
  const open = planned.filter(isOpen);
  if (open.some(isAnsweredHere)) {
    await engine.store.transact(async (unit) => {
      for (const one of open) await keepAnswers(unit, null, one, engine.clock.now());
    });
  }
  const results = await checkDomains(engine, open);
  const failed = results.filter((result) => result.check.outcome !== 'passed');
  if (failed.length > 0) {
    const reasons = failed.map(({ validation, check }) => `${validation.domain}: ${check.message}`);
    throw new DeskError('validation-failed', reasons.join('; '));
  }
  return new Map(results.map((result) => [result.validation.domain, result.check]));
}

async function plan(
  engine: Engine,
  reader: Reader,
  actor: Actor,
  placement: Placement,
  requestId: number,
  newId: () => number,
): Promise<Validation[]> {
  const { rules, names: policy } = engine;
  const now = engine.clock.now();
  const { names } = placement.names;
  const domains = candidateDomains(names, policy);
  const proofs =
    placement.ask.proveAgain === true
      ? []
      : await reader.reusableValidations(actor.accountId, domains, rules.domainProofSince(now));
  const owner = { accountId: actor.accountId, requestId };
  return planValidations(owner, names, proofs, placement.ask.chooseValidation, { now, rules, names: policy, newId });
}

async function record(
  engine: Engine,
  unit: Unit,
  actor: Actor,
  placement: Placement,
  checks: Checks | null,
): Promise<Facts> {
  await placement.beforehand?.(unit);
  await refuseBlockedKey(unit, placement);
  if (placement.ask.installOn) await checkPlaces(unit, actor, placement.ask.dialect, placement.ask.installOn);
  await refuseTwin(unit, actor, placement);
  await countFreeOrder(engine, unit, actor, placement);
  const world = settleWorld(engine, unit);
  const start = await firstFacts(engine, unit, actor, placement);
  if (checks === null && start.validations.some(isOpen)) throw OUTSTANDING;
  const results = start.validations.flatMap((validation) => {
    const check = isOpen(validation) ? checks?.get(validation.domain) : undefined;
    return check === undefined ? [] : [{ validation, check }];
  });
  const applied = applyDomainChecks(unit, start, results, world);
  const settled = settle(applied.facts, world);
  const happenings = [placedHappening(placement, start), ...applied.happenings, ...settled.happenings];
  await enqueueConfirmations(unit, settled.facts, world.now);
  if (placement.order === null) await recordDetails(unit, actor, placement, settled.facts);
  const known = { order: placement.order, target: placement.target, others: [] };
  return write(engine, unit, known, { ...settled, happenings }, nameOf(actor), 'call');
}

/** BR 4.9.1.1, 6.1.1.3: a key that was reported as compromised is not certified again. */
async function refuseBlockedKey(unit: Unit, placement: Placement): Promise<void> {
  const { spkiHash } = placement.ask.csr;
  const [blocked] = await unit.find('blockedKeys', { spkiHash });
  if (blocked !== undefined) throw new DeskError('invalid-csr', 'The key of the CSR was reported as compromised');
}

/** The same ask twice while the first is under way is a mistake of the caller, where the dialect says so. */
async function refuseTwin(unit: Unit, actor: Actor, placement: Placement): Promise<void> {
  const twinKey = twinKeyOf(actor, placement);
  if (twinKey === null) return;
  const [twin] = await unit.find('requests', { twinKey, state: ['needs-approval', 'waiting', 'issuing'] });
  if (twin !== undefined) {
    throw new DeskError('already-exists', `Request ${twin.id} for ${twin.commonName} with this key is under way`);
  }
}

function twinKeyOf(actor: Actor, { kind, product, names, ask }: Placement): string | null {
  if (ask.refuseTwin !== true) return null;
  return [actor.accountId, kind, product.id, names.names[0], ask.csr.spkiHash].join(' ');
}

async function firstFacts(engine: Engine, unit: Unit, actor: Actor, placement: Placement): Promise<Facts> {
  const { ask, product, target } = placement;
  const now = engine.clock.now();
  const requestId = unit.newId('requests');
  const organization = await organizationFor(unit, actor, placement, now);
  const order = placement.order ?? openOrder(unit, actor, placement, organization?.id ?? null, now);
  const approval = await startApproval(unit, actor, ask.approval, { requestId, order, now });
  const checks = await firstChecks(unit, actor, { product, order: placement.order, organization, approval });
  const request = newRequest(actor, placement, order, approval, { id: requestId, checks }, now);
  const keyKeptHere = await isKeyKeptHere(engine, unit, product, request.spkiHash);
  if (keyKeptHere) refuseObjections(engine, placement, true);
  return {
    request,
    order,
    product,
    validations: await plan(engine, unit, actor, placement, requestId, () => unit.newId('validations')),
    caa: await unit.find('caaAnswers', { name: placement.names.names }),
    organization,
    charge: newCharge(unit, placement, order, request, now),
    issuance: null,
    certificate: null,
    target,
    others: [],
    endsOrder: false,
    approval,
    spki: ask.csr.spki,
    mustStaple: ask.csr.mustStaple,
    keyKeptHere,
  };
}

/** The one that is named, or the one that the subject describes. */
async function organizationFor(
  unit: Unit,
  actor: Actor,
  placement: Placement,
  now: number,
): Promise<Organization | null> {
  const { ask, order, product } = placement;
  const id = ask.organizationId ?? order?.organizationId ?? null;
  if (id === null)
    return findOrganization(unit, actor.accountId, product, ask.subject, now, ask.dialect, ask.newOrganization);
  const organization = await unit.get('organizations', id);
  if (organization === null || organization.accountId !== actor.accountId) throw notFound(`Organization ${id}`);
  if (order === null && !mayUse(actor, organization)) throw notFound(`Organization ${id}`);
  if (!organization.active && order === null)
    throw invalidValue('organization', 'The organization is not active', String(id));
  // Its vetting would pass for what nobody has looked at.
  if (product.checks.includes('organization') && !sameIdentity(organization.subject, ask.subject)) {
    throw invalidValue('organization', `The subject is not that of organization ${id}`, ask.subject.organization);
  }
  return organization;
}

/** What the order carries, where the dialect says: checked against what the account allows. */
async function recordDetails(unit: Unit, actor: Actor, placement: Placement, facts: Facts): Promise<void> {
  const { details } = placement;
  if (details === undefined || facts.order === null) return;
  const { id: orderId, containerId } = facts.order;
  await demandContainer(unit, actor, containerId);
  const checked = await checkDetails(unit, actor, details, orderId);
  const customFields = await checkFields(unit, actor.accountId, details.customFields);
  unit.insert('orderDetails', { ...checked, customFields, id: orderId, accountId: actor.accountId });
  keepFieldValues(unit, actor.accountId, orderId, customFields);
}

function openOrder(unit: Unit, actor: Actor, placement: Placement, organizationId: number | null, now: number): Order {
  const { ask, names, product } = placement;
  return {
    id: unit.newId('orders'),
    accountId: actor.accountId,
    product: product.id,
    dialect: ask.dialect,
    state: 'pending',
    periodMonths: placement.periodMonths,
    commonName: names.names[0] as string,
    startsAt: null,
    endsAt: placement.endsAt ?? null,
    extraDomains: names.extraDomains,
    extraWildcards: names.extraWildcards,
    renewsOrderId: placement.kind === 'renew' ? (placement.target?.orderId ?? null) : null,
    organizationId,
    containerId: placement.containerId ?? null,
    userId: actor.userId,
    certificateEndsAt: null,
    createdAt: now,
  };
}

function newRequest(
  actor: Actor,
  placement: Placement,
  order: Order,
  approval: Approval | null,
  { id, checks }: Pick<CertificateRequest, 'id' | 'checks'>,
  now: number,
): CertificateRequest {
  const { ask, names, product } = placement;
  return {
    id,
    accountId: actor.accountId,
    orderId: order.id,
    kind: placement.kind,
    state: approval?.state === 'waiting' ? 'needs-approval' : 'waiting',
    detail: null,
    dialect: ask.dialect,
    requestedBy: nameOf(actor),
    product: product.id,
    commonName: names.names[0] as string,
    names: names.names,
    subject: ask.subject,
    contact: ask.contact,
    language: ask.language,
    certificateId: placement.target?.id ?? null,
    revocationReason: null,
    validity: ask.validity ?? null,
    wishes: ask.wishes ?? null,
    csr: ask.csr.der,
    spkiHash: ask.csr.spkiHash,
    twinKey: twinKeyOf(actor, placement),
    checks,
    extra: ask.extra,
    version: 0,
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    triedIssuers: null,
    installOn: ask.installOn ?? null,
  };
}

function newCharge(
  unit: Unit,
  placement: Placement,
  order: Order,
  request: CertificateRequest,
  now: number,
): Charge | null {
  const { quote } = placement;
  if (quote.total === 0) return null;
  return {
    id: unit.newId('charges'),
    accountId: request.accountId,
    orderId: order.id,
    requestId: request.id,
    state: 'reserved',
    amount: quote.total,
    currency: quote.currency,
    billables: quote.billables,
    createdAt: now,
    settledAt: null,
  };
}

function placedHappening(placement: Placement, facts: Facts): Happening {
  const { request } = facts;
  const { kind, product, names } = request;
  const proofs = facts.validations.filter((one) => one.reusedFrom !== null && names.some((name) => covers(one, name)));
  const details = { kind, product, names, total: placement.quote.total, reused: proofs.map((one) => one.reusedFrom) };
  return { action: 'request.placed', target: `request:${request.id}`, details };
}
