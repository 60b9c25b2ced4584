import { isAnsweredHere, keepAnswers } from './challenge-answers.ts';
import type { Facts, Known } from './facts.ts';
import type { Settled } from './settle.ts';
import type { Certificate, Kind, Order, Records } from './records.ts';
import type { Unit } from './store.ts';
import { tellAccount } from './tell-account.ts';
import type { Instant } from './time.ts';

export interface WriteContext {
  now: Instant;
  actor: string;
  /**
   * Who takes the next step: this call at once, and somebody else if it has not come back at `until`; the job that is
   * running this; or the next job runner that is free. A step at a CA outside is for a job.
   */
  next: { by: 'call'; until: Instant } | { by: 'job' } | { by: 'runner' };
}

/**
 * Writes what changed between two states of a request, or from what was known before a new one: new records are inserted, changed ones updated against the
 * version that was seen, and audit events, notifications and the job that wakes the request are added.
 * @throws DeskError `conflict` where somebody else changed the request in between; nothing is written then.
 */
export async function writeFacts(
  unit: Unit,
  before: Facts | Known,
  settled: Settled,
  context: WriteContext,
): Promise<Facts> {
  const facts = withNextVersion(before, settled.facts);
  if (facts.order !== null) await writeOrder(unit, before.order, facts.order);
  await writeRequest(unit, before, facts);
  await writeCharge(unit, before, facts);
  for (const validation of facts.validations) {
    const old = isOnRecord(before) ? before.validations.find((one) => one.id === validation.id) : null;
    await writeRecord(unit, 'validations', old, validation);
    if (validation !== old && isAnsweredHere(validation)) await keepAnswers(unit, old, validation, context.now);
  }
  await writeIssuance(unit, before, facts);
  const certificate = isOnRecord(before) ? before.certificate : null;
  if (facts.certificate !== null) await writeRecord(unit, 'certificates', certificate, facts.certificate);
  await writeApproval(unit, before, facts);
  if (facts.target !== null) await writeTarget(unit, before.target, facts.target, context);
  for (const [index, other] of facts.others.entries()) {
    await writeTarget(unit, before.others[index] ?? null, other, context);
  }
  tell(unit, facts, settled, context);
  await writeJob(unit, facts, settled, context);
  return facts;
}

function isOnRecord(before: Facts | Known): before is Facts {
  return 'request' in before;
}

function withNextVersion(before: Facts | Known, after: Facts): Facts {
  if (!isOnRecord(before) || before === after) return after;
  const version = before.request.version + 1;
  return { ...after, request: { ...after.request, version } };
}

/** The one record that several requests share: what they add to it must not be lost. */
async function writeOrder(unit: Unit, before: Order | null, after: Order): Promise<void> {
  if (before === after) return;
  if (before === null) {
    unit.insert('orders', after);
    return;
  }
  const { state, extraDomains, extraWildcards } = before;
  await unit.update('orders', after.id, difference(before, after), { state, extraDomains, extraWildcards });
}

async function writeRequest(unit: Unit, before: Facts | Known, after: Facts): Promise<void> {
  if (!isOnRecord(before)) {
    unit.insert('requests', after.request);
    return;
  }
  if (after.request === before.request) return;
  const changes = difference(before.request, after.request);
  await unit.update('requests', after.request.id, changes, { version: before.request.version });
}

/** Money follows the charge: set aside with it, taken or given back with it. */
async function writeCharge(unit: Unit, before: Facts | Known, after: Facts): Promise<void> {
  const charge = after.charge;
  const old = isOnRecord(before) ? before.charge : null;
  if (charge === null || charge === old) return;
  await writeRecord(unit, 'charges', old, charge);
  if (old === null) await unit.reserve(charge.accountId, charge.amount);
  if (charge.state !== 'reserved') {
    await unit.settle(charge.accountId, charge.amount, charge.state === 'captured' ? 'capture' : 'release');
  }
}

async function writeIssuance(unit: Unit, before: Facts | Known, after: Facts): Promise<void> {
  const old = isOnRecord(before) ? before.issuance : null;
  if (old !== null && old.id !== after.issuance?.id) await unit.update('issuances', old.id, { state: 'abandoned' });
  if (after.issuance === null) return;
  await writeRecord(unit, 'issuances', old?.id === after.issuance.id ? old : null, after.issuance);
}

/** The yes or no of a person stands beside the request. */
async function writeApproval(unit: Unit, before: Facts | Known, after: Facts): Promise<void> {
  if (after.approval === null) return;
  await writeRecord(unit, 'approvals', isOnRecord(before) ? before.approval : null, after.approval);
}

/** The certificate that is replaced or revoked; a revocation also renews its list. */
async function writeTarget(
  unit: Unit,
  old: Certificate | null,
  target: Certificate,
  context: WriteContext,
): Promise<void> {
  if (old === null || target === old) return;
  await unit.update('certificates', target.id, difference(old, target), { state: old.state });
  if (target.revocationReason === 'keyCompromise') await blockKey(unit, target.spkiHash, context);
  if (target.state === 'revoked' && target.crlShard !== null) {
    const payload = { shard: target.crlShard };
    await unit.enqueue({ kind: 'renew-crl', key: `renew-crl:${target.crlShard}`, payload, runAt: context.now });
  }
}

async function blockKey(unit: Unit, spkiHash: string, context: WriteContext): Promise<void> {
  const [known] = await unit.find('blockedKeys', { spkiHash });
  if (known !== undefined) return;
  unit.insert('blockedKeys', {
    id: unit.newId('blockedKeys'),
    spkiHash,
    reportedBy: context.actor,
    createdAt: context.now,
  });
}

function tell(unit: Unit, facts: Facts, settled: Settled, context: WriteContext): void {
  const { accountId } = facts.request;
  for (const happening of settled.happenings) {
    const { action, target, details } = happening;
    unit.audit({ at: context.now, actor: context.actor, accountId, action, target, details });
    if (happening.notify === undefined) continue;
    const { id: requestId, dialect } = facts.request;
    const certificateId = facts.certificate?.id ?? facts.target?.id ?? null;
    tellAccount(unit, { accountId, dialect, ...happening.notify, requestId, certificateId }, context.now);
  }
}

/** One job per open request. */
async function writeJob(unit: Unit, facts: Facts, settled: Settled, context: WriteContext): Promise<void> {
  const key = advanceKey(facts.request.id);
  const { step } = settled;
  if (step.do === 'nothing') {
    if (facts.request.version > 0) await unit.done(key);
    return;
  }
  if (context.next.by === 'job') return;
  const job = { kind: 'advance', key, payload: { requestId: facts.request.id } };
  if (step.do === 'wait') await unit.enqueue({ ...job, runAt: step.until });
  else if (context.next.by === 'runner' || (step.do === 'issue' && step.outside))
    await unit.enqueue({ ...job, runAt: context.now });
  else await unit.enqueue({ ...job, runAt: context.now, heldUntil: context.next.until });
}

export function advanceKey(requestId: number): string {
  return `advance:${requestId}`;
}

async function writeRecord<K extends Kind>(
  unit: Unit,
  kind: K,
  before: Records[K] | null | undefined,
  after: Records[K],
): Promise<void> {
  if (before === after) return;
  if (before === null || before === undefined) {
    unit.insert(kind, after);
    return;
  }
  const changes = difference(before, after);
  if (Object.keys(changes).length > 0) await unit.update(kind, after.id, changes);
}

function difference<R extends object>(before: R, after: R): Partial<R> {
  const changes: Partial<R> = {};
  for (const field of Object.keys(after) as (keyof R)[]) {
    if (after[field] !== before[field]) changes[field] = after[field];
  }
  return changes;
}
