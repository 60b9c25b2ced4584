import type { Facts } from './facts.ts';
import { isOpen } from './facts.ts';
import type { Validation } from './records.ts';
import type { Unit } from './store.ts';
import type { Instant } from './time.ts';

/** Mails that ask a person for a yes, as jobs of the same transaction: open e-mail validations, open agreements. */
export async function enqueueConfirmations(unit: Unit, facts: Facts, now: Instant): Promise<void> {
  for (const validation of facts.validations) {
    await enqueueDomainMails(unit, validation, facts.request.language, now);
  }
  const address = facts.request.contact?.email;
  if (facts.request.checks.agreement === 'waiting' && address !== undefined) {
    await enqueueAgreement(unit, facts, address, now);
  }
}

/** One mail to each address that may approve the domain; nothing where the validation is closed or needs no mail. */
export async function enqueueDomainMails(
  unit: Unit,
  validation: Validation,
  language: string | null,
  now: Instant,
): Promise<void> {
  if (!isOpen(validation)) return;
  const { id: validationId, requestId } = validation;
  for (const challenge of validation.challenges) {
    if (challenge.method !== 'email') continue;
    const { address } = challenge;
    const payload = { requestId, validationId, purpose: 'domain', address, language };
    const key = `send-confirmation:domain:${validationId}:${address}`;
    await unit.enqueue({ kind: 'send-confirmation', key, payload, runAt: now });
  }
}

export async function enqueueAgreement(
  unit: Unit,
  facts: Facts,
  address: string,
  now: Instant,
  language: string | null = facts.request.language,
): Promise<void> {
  const requestId = facts.request.id;
  const payload = { requestId, validationId: null, purpose: 'agreement', address, language };
  const key = `send-confirmation:agreement:${requestId}`;
  await unit.enqueue({ kind: 'send-confirmation', key, payload, runAt: now });
}
