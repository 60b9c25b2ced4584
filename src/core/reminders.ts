import type { Facts } from './facts.ts';
import { isOpen } from './facts.ts';
import type { Unit } from './store.ts';
import type { Instant } from './time.ts';

/** Mails that ask a person for a yes, as jobs of the same transaction: open e-mail validations, open agreements. */
export async function enqueueConfirmations(unit: Unit, facts: Facts, now: Instant): Promise<void> {
  for (const validation of facts.validations) {
    if (!isOpen(validation)) continue;
    for (const challenge of validation.challenges) {
      if (challenge.method !== 'email') continue;
      await enqueueConfirmation(unit, facts, 'domain', challenge.address, now, validation.id);
    }
  }
  const address = facts.request.contact?.email;
  if (facts.request.checks.agreement === 'waiting' && address !== undefined) {
    await enqueueConfirmation(unit, facts, 'agreement', address, now, null);
  }
}

export async function enqueueConfirmation(
  unit: Unit,
  facts: Facts,
  purpose: 'domain' | 'agreement',
  address: string,
  now: Instant,
  validationId: number | null,
  language: string | null = facts.request.language,
): Promise<void> {
  const requestId = facts.request.id;
  const key = `send-confirmation:${purpose}:${validationId ?? requestId}:${address}`;
  const payload = { requestId, validationId, purpose, address, language };
  await unit.enqueue({ kind: 'send-confirmation', key, payload, runAt: now });
}
