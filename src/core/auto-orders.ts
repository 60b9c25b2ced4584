import { lockOrder } from './own.ts';
import { askTheSame, type NextAsk } from './ask-again.ts';
import type { Actor, CertificateAsk, DetailsAsk } from './desk.ts';
import type { Engine } from './parts.ts';
import { DeskError } from './errors.ts';
import { hintsOf, replacedFrom } from './renewal-hints.ts';
import { newestCertificate, planReissue, planRenewal } from './orders.ts';
import { may } from './permissions.ts';
import { placeRequest } from './place-request.ts';
import type { Account, Certificate, CertificateRequest, Order, OrderDetails, RenewalHint, Subject } from './records.ts';
import type { Reader, Unit } from './store.ts';
import { tellAccount } from './tell-account.ts';
import { DAY, SECOND, type Instant } from './time.ts';

/** How long before an order's end its next term is asked for, at most. */
const AHEAD = 30 * DAY;
/** Orders looked at together. */
const BATCH = 200;

interface Plan {
  account: Account;
  order: Order;
  details: OrderDetails;
}

/**
 * Asks for what orders go on with by themselves: a reissue when the newest certificate's time has come (as its issuer
 * advises, else 30 days before its end), where the order goes on after it, and a renewal of the same product and term
 * 30 days before the order ends. Short lives and terms go by thirds. One that cannot be placed is told to its account
 * once a day, and stops no other.
 * @returns how many requests were placed
 * @throws the first error that is no DeskError, after all orders were tried
 */
export async function runAutoOrders(engine: Engine): Promise<number> {
  const errors: unknown[] = [];
  const reissued = await eachPlan(engine, 'autoReissue', reissueIfDue, errors);
  const renewed = await eachPlan(engine, 'autoRenew', renewIfDue, errors);
  if (errors.length > 0) throw errors[0];
  return reissued + renewed;
}

type Work = (engine: Engine, plan: Plan) => Promise<boolean>;

async function eachPlan(
  engine: Engine,
  field: 'autoReissue' | 'autoRenew',
  work: Work,
  errors: unknown[],
): Promise<number> {
  let placed = 0;
  for (let after = 0; ; ) {
    const details = await switchedOn(engine, field, after);
    for (const plan of await runningPlans(engine, details)) {
      if (await attempt(engine, plan, work, errors)) placed += 1;
    }
    if (details.length < BATCH) return placed;
    after = details.at(-1)?.id ?? after;
  }
}

async function switchedOn(engine: Engine, field: 'autoReissue' | 'autoRenew', after: number): Promise<OrderDetails[]> {
  const { records } = await engine.store.list('orderDetails', {
    accountId: null,
    filters: [
      { field, op: 'eq', value: true },
      { field: 'id', op: 'gt', value: after },
    ],
    order: [{ field: 'id', descending: false }],
    limit: BATCH,
    offset: 0,
    count: false,
  });
  return records;
}

/** Those whose order runs, or has a certificate, that ends soon; of accounts that are not locked. */
async function runningPlans(engine: Engine, details: readonly OrderDetails[]): Promise<Plan[]> {
  const { store } = engine;
  const now = engine.clock.now();
  const orders = await store.find('orders', { id: details.map(({ id }) => id), state: 'active' });
  const running = orders.filter(({ endsAt }) => endsAt !== null && endsAt > now);
  const certificates = await store.find('certificates', { orderId: running.map(({ id }) => id), state: 'active' });
  const hints = await hintsOf(engine, certificates);
  const ending = new Set(certificates.filter((one) => isDue(one, hints.get(one.id), now)).map((one) => one.orderId));
  const due = running.filter((order) => ending.has(order.id) || isLastOfTerm(order, now));
  const accounts = await store.find('accounts', { id: [...new Set(due.map(({ accountId }) => accountId))] });
  return due.flatMap((order) => {
    const account = accounts.find(({ id, state }) => id === order.accountId && state === 'active');
    const own = details.find(({ id }) => id === order.id);
    return account === undefined || own === undefined ? [] : [{ account, order, details: own }];
  });
}

async function attempt(engine: Engine, plan: Plan, work: Work, errors: unknown[]): Promise<boolean> {
  try {
    return await work(engine, plan);
  } catch (error) {
    if (!(error instanceof DeskError)) errors.push(error);
    // Somebody else placed the same a moment before.
    else if (error.kind !== 'conflict' && error.kind !== 'already-exists') await tellTrouble(engine, plan, error);
    return false;
  }
}

async function reissueIfDue(engine: Engine, plan: Plan): Promise<boolean> {
  const { order } = plan;
  const { store } = engine;
  const actor = systemFor(plan);
  const target = await newestCertificate(store, actor, order.id);
  const hint = (await hintsOf(engine, [target])).get(target.id);
  if (!isEnding(target, order, hint, engine.clock.now())) return false;
  const requests = await store.find('requests', { orderId: order.id });
  if (!mayTryAgain(requests, target, engine.clock.now())) return false;
  const last = requests.find(({ id }) => id === target.requestId) as CertificateRequest;
  const next = await nextAsk(engine, last, plan);
  const planned = await planReissue(engine, actor, target.id, await askFor(engine, last, order, next));
  const beforehand = async (unit: Unit): Promise<void> => {
    const kept = await lock(unit, order);
    const all = await unit.find('requests', { orderId: order.id });
    if (!kept.autoReissue || !mayTryAgain(all, target, engine.clock.now())) throw tooLate(order);
    const extra = next.detailsExtra(kept.extra);
    await unit.update('orderDetails', order.id, { extra }, { extra: kept.extra });
  };
  await placeRequest(engine, actor, { ...planned, beforehand });
  return true;
}

function isEnding(certificate: Certificate, order: Order, hint: RenewalHint | undefined, now: Instant): boolean {
  const { state, notAfter } = certificate;
  if (state !== 'active' || notAfter <= now || !isDue(certificate, hint, now)) return false;
  return goesOn(order, certificate) || isAdvisedEarly(certificate, now);
}

/** Whether it is time to replace a certificate: when its issuer advises, else as its life has it. */
function isDue(certificate: Certificate, hint: RenewalHint | undefined, now: Instant): boolean {
  return (hint?.renewFrom ?? replacedFrom(certificate)) <= now;
}

/** What is replaced long before its time is going to be revoked: it is replaced though its order does not go on. */
function isAdvisedEarly(certificate: Certificate, now: Instant): boolean {
  return now < replacedFrom(certificate) - (certificate.notAfter - certificate.notBefore) / 6;
}

function goesOn({ endsAt }: Order, { notAfter }: Certificate): boolean {
  return endsAt !== null && endsAt > notAfter + SECOND;
}

/** The last 30 days of a term, or the last third of a short one. */
function isLastOfTerm({ startsAt, endsAt }: Order, now: Instant): boolean {
  if (startsAt === null || endsAt === null) return false;
  return endsAt <= now + Math.min(AHEAD, (endsAt - startsAt) / 3);
}

/** Not while something is open, not after a person said no, and one that failed a day later at the earliest. */
function mayTryAgain(requests: readonly CertificateRequest[], target: Certificate, now: Instant): boolean {
  if (requests.some((one) => one.kind !== 'revoke' && isOpen(one))) return false;
  const tried = requests.filter((one) => one.kind === 'reissue' && one.certificateId === target.id);
  return tried.every((one) => one.state === 'failed' && one.updatedAt + DAY <= now);
}

function isOpen({ state }: CertificateRequest): boolean {
  return state === 'needs-approval' || state === 'waiting' || state === 'issuing';
}

async function renewIfDue(engine: Engine, plan: Plan): Promise<boolean> {
  const { order, details, account } = plan;
  const { store } = engine;
  const now = engine.clock.now();
  const actor = systemFor(plan);
  const target = await newestCertificate(store, actor, order.id);
  const hint = (await hintsOf(engine, [target])).get(target.id);
  const reissued = goesOn(order, target) || (details.autoReissue && isAdvisedEarly(target, now));
  if (!isLastOfTerm(order, now) && (reissued || !isDue(target, hint, now))) return false;
  if (!mayRenew(await store.find('orders', { renewsOrderId: order.id }), now)) return false;
  if (target.state === 'revoked') return false;
  await refuseLostPermission(store, order);
  const last = await store.get('requests', target.requestId);
  if (last === null) return false;
  const next = await nextAsk(engine, last, plan);
  const ask = await askFor(engine, last, order, next);
  const approval = { skip: false, comments: `Automatic renewal of order ${order.id}` };
  const carried = { ...carriedOn(details, account), extra: next.detailsExtra(details.extra) };
  const term = {
    product: order.product,
    periodMonths: order.periodMonths,
    containerId: order.containerId,
    details: carried,
  };
  const planned = await planRenewal(engine, actor, target.id, { ...ask, ...term, approval });
  const beforehand = async (unit: Unit): Promise<void> => {
    const kept = await lock(unit, order);
    if (!kept.autoRenew || !mayRenew(await unit.find('orders', { renewsOrderId: order.id }), now)) throw tooLate(order);
  };
  await placeRequest(engine, actor, { ...planned, beforehand });
  return true;
}

/** Not a second time, not after a person said no, and after a failure a day later at the earliest. */
function mayRenew(followers: readonly Order[], now: Instant): boolean {
  return followers.every((one) => one.state === 'failed' && one.createdAt + DAY <= now);
}

/** What was bought in the name of somebody who may not buy any more is not bought again. */
async function refuseLostPermission(reader: Reader, { userId }: Order): Promise<void> {
  if (userId === null) return;
  const user = await reader.get('users', userId);
  if (user?.state === 'active' && may({ role: user.role, userRole: null }, 'order')) return;
  throw new DeskError('not-allowed', 'The user who ordered may not order any more; renew it as somebody else');
}

/** The new order carries what the old one did; an alternative id that names one order alone stays with that. */
function carriedOn(details: OrderDetails, { settings }: Account): DetailsAsk {
  const { id: _, accountId: __, alternativeKey: ___, ...carried } = details;
  return settings.uniqueAlternativeIds ? { ...carried, alternativeId: null } : carried;
}

async function nextAsk(engine: Engine, request: CertificateRequest, { details, account }: Plan): Promise<NextAsk> {
  const validations = await engine.store.find('validations', { requestId: request.id });
  const again = engine.askAgain?.get(request.dialect) ?? askTheSame;
  return again({ request, details, validations, settings: account.settings });
}

/** The same names and key; as long as order and rules allow. */
async function askFor(engine: Engine, last: CertificateRequest, order: Order, next: NextAsk): Promise<CertificateAsk> {
  const { dialect, commonName, names, contact, language, installOn } = last;
  const { chooseValidation, extra, proveAgain = false, wishes = null } = next;
  const subject = await currentSubject(engine.store, last, order);
  const csr = await engine.pki.readCsr(Buffer.from(last.csr ?? []).toString('base64'));
  const same = {
    dialect,
    csr,
    commonName,
    subject,
    contact,
    language,
    installOn,
    organizationId: order.organizationId,
  };
  const otherNames = names.filter((name) => name !== commonName);
  return { ...same, otherNames, chooseValidation, extra, wishes, proveAgain, validateNow: false, validity: null };
}

/** As the organization is by now, where the certificate names one. */
async function currentSubject(reader: Reader, { subject }: CertificateRequest, order: Order): Promise<Subject> {
  if (order.organizationId === null) return subject;
  const organization = await reader.get('organizations', order.organizationId);
  const { department } = subject;
  return { ...(organization?.subject ?? subject), ...(department === undefined ? {} : { department }) };
}

function systemFor({ account, order }: Plan): Actor {
  const { id: accountId, currency } = account;
  const { userId } = order;
  return { accountId, currency, userId, handle: '', userName: 'system', userRole: null, role: 'admin' };
}

/** Whoever comes second waits here, and sees then what the first has placed. Answers with what the order carries now. */
async function lock(unit: Unit, order: Order): Promise<OrderDetails> {
  await lockOrder(unit, order);
  const details = await unit.get('orderDetails', order.id);
  if (details === null) throw tooLate(order);
  return details;
}

function tooLate(order: Order): DeskError {
  return new DeskError('conflict', `Order ${order.id} goes on already`);
}

async function tellTrouble(engine: Engine, { order }: Plan, error: DeskError): Promise<void> {
  const now = engine.clock.now();
  const { id: orderId, accountId, dialect, commonName } = order;
  const [last] = await engine.store.find(
    'requests',
    { orderId },
    { order: { field: 'id', descending: true }, limit: 1 },
  );
  if (last === undefined) return;
  const { records } = await engine.store.list('notifications', {
    accountId,
    filters: [
      { field: 'firedAt', op: 'gt', value: now - DAY },
      { field: 'requestId', op: 'eq', value: last.id },
      { field: 'kind', op: 'eq', value: 'request-needs-attention' },
    ],
    order: [],
    limit: 1,
    offset: 0,
    count: false,
  });
  if (records.length > 0) return;
  await engine.store.transact(async (unit) => {
    const message = `The order for ${commonName} does not go on by itself: ${error.message}`;
    tellAccount(unit, { accountId, dialect, kind: 'request-needs-attention', message, requestId: last.id }, now);
    const details = { kind: error.kind, message: error.message };
    unit.audit({ at: now, actor: 'system', accountId, action: 'plan.stuck', target: `order:${orderId}`, details });
  });
}
