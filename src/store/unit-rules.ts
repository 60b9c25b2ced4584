import { DeskError } from '../core/errors.ts';
import type { AuditEvent, Job } from '../core/records.ts';
import type { Instant } from '../core/time.ts';
import { HELD } from './statements.ts';

/** What both engines' units agree on. */

export type EnqueueAsk = Pick<Job, 'kind' | 'key' | 'payload' | 'runAt'> & { heldUntil?: Instant };
export type AuditAsk = Omit<AuditEvent, 'id' | 'hash'>;

/** A new job as `enqueue` stores it. */
export function newJob(id: number, ask: EnqueueAsk, now: Instant): Job {
  return {
    id,
    kind: ask.kind,
    key: ask.key,
    payload: ask.payload,
    runAt: ask.runAt,
    attempts: 0,
    leaseOwner: ask.heldUntil === undefined ? null : HELD,
    leaseUntil: ask.heldUntil ?? null,
    lastError: null,
    createdAt: now,
  };
}

/** @throws TypeError for what is not a number of cents. */
export function checkCents(cents: number): void {
  if (!Number.isSafeInteger(cents) || cents < 0) throw new TypeError(`${cents} is not a number of cents`);
}

export function conflict(kind: string, id: number): DeskError {
  return new DeskError('conflict', `${kind} ${id} was changed by someone else meanwhile, or does not exist; try again`);
}

export function insufficientBalance(): DeskError {
  return new DeskError('insufficient-balance', 'The balance of the account is not sufficient');
}

export function noReservation(accountId: number, cents: number): DeskError {
  return new DeskError('conflict', `Account ${accountId} has not reserved ${cents} cents`);
}

export function unitEnded(): TypeError {
  return new TypeError('This unit of work has ended');
}
