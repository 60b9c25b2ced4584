import { z } from 'zod';
import { DeskError } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';
import type { Account, CertificateRequest, Job, Validation } from '../core/records.ts';
import { isFinal } from '../core/states.ts';
import type { Store } from '../core/store.ts';
import { type Clock, DAY, type Instant } from '../core/time.ts';
import { newSecret } from './confirmation-secret.ts';
import { confirmationMail } from './mail-texts.ts';
import type { Mailer } from './mailer.ts';

export interface SendConfirmationOptions {
  store: Store;
  clock: Clock;
  random: Random;
  mailer: Pick<Mailer, 'send'>;
  /** Without a trailing slash, as people reach this server. */
  publicUrl: () => string;
  /** What people call a product; its id where it is unknown. */
  productName: (product: string) => string;
}

/** Payload of a `send-confirmation` job. */
const payloadSchema = z.object({
  requestId: z.number().int().nullable(),
  validationId: z.number().int().nullable(),
  purpose: z.enum(['domain', 'agreement']),
  address: z.string(),
  language: z.string().nullish(),
});

type Payload = z.infer<typeof payloadSchema>;

/** BR 3.2.2.4.4: the random value of a mail must not be used for more than 30 days. */
const LIFETIME = 30 * DAY;

/**
 * Handles `send-confirmation`: mails a fresh link for a domain validation or a subscriber agreement. Earlier links
 * stay valid until they expire. Nothing is sent where the question is no longer open. A mail may be sent twice where
 * the process dies in between.
 * @throws DeskError where the payload is wrong or the mail server did not take the mail; the job is then retried
 */
export function createSendConfirmation(options: SendConfirmationOptions) {
  return async (job: Pick<Job, 'payload'>): Promise<{ runAgainAt?: Instant }> => {
    const payload = readPayload(job);
    const question = await openQuestion(options.store, payload);
    if (question === null) return {};
    const now = options.clock.now();
    const secret = newSecret(options.random);
    const expiresAt = now + LIFETIME;
    await options.store.transact(async (unit) => {
      unit.insert('confirmations', {
        id: unit.newId('confirmations'),
        accountId: question.account.id,
        purpose: payload.purpose,
        requestId: payload.requestId,
        validationId: payload.validationId,
        address: payload.address,
        secretHash: secret.hash,
        createdAt: now,
        expiresAt,
        confirmedAt: null,
      });
    });
    const facts = {
      purpose: payload.purpose,
      accountName: question.account.name,
      productName: question.request === null ? null : options.productName(question.request.product),
      domains: question.domains,
      link: `${options.publicUrl()}/confirm/${secret.text}`,
      expiresAt,
    };
    await options.mailer.send({ to: payload.address, ...confirmationMail(facts, payload.language ?? null) });
    return {};
  };
}

function readPayload(job: Pick<Job, 'payload'>): Payload {
  const result = payloadSchema.safeParse(job.payload);
  if (!result.success) {
    throw new DeskError('internal', 'A send-confirmation job has a payload that cannot be read', {
      cause: result.error,
    });
  }
  return result.data;
}

interface Question {
  account: Account;
  /** Null where a kept domain is asked for. */
  request: CertificateRequest | null;
  domains: readonly string[];
}

/** What is asked; null where it was answered, cancelled or changed since the job was written. */
async function openQuestion(store: Store, payload: Payload): Promise<Question | null> {
  if (payload.requestId === null) return keptQuestion(store, payload);
  const request = await store.get('requests', payload.requestId);
  if (request === null || isFinal('request', request.state)) return null;
  const account = await store.get('accounts', request.accountId);
  if (account === null) return null;
  if (payload.purpose === 'agreement') {
    const open = request.checks.agreement !== undefined && request.checks.agreement !== 'passed';
    return open ? { account, request, domains: request.names } : null;
  }
  const validation = payload.validationId === null ? null : await store.get('validations', payload.validationId);
  if (validation === null || !asksByMail(validation, request.id, payload.address)) return null;
  return { account, request, domains: [validation.domain] };
}

/** A kept domain, which no request carries. */
async function keptQuestion(store: Store, payload: Payload): Promise<Question | null> {
  const { purpose, validationId, address } = payload;
  const validation = validationId === null ? null : await store.get('validations', validationId);
  if (purpose !== 'domain' || validation === null || !asksByMail(validation, null, address)) return null;
  const account = await store.get('accounts', validation.accountId);
  return account === null ? null : { account, request: null, domains: [validation.domain] };
}

function asksByMail(validation: Validation, requestId: number | null, address: string): boolean {
  return (
    validation.requestId === requestId &&
    !isFinal('validation', validation.state) &&
    validation.challenges.some((challenge) => challenge.method === 'email' && challenge.address === address)
  );
}
