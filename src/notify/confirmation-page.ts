import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Answer } from '../core/confirmations.ts';
import type { Confirmation } from '../core/records.ts';
import type { Store } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import { formPageHeaders } from '../http/form-pages.ts';
import { messagePage, type QuestionFacts, questionPage } from './confirmation-html.ts';
import { hashOfSecret } from './confirmation-secret.ts';

export interface ConfirmationPageOptions {
  store: Store;
  clock: Clock;
  /** What people call a product; its id where it is unknown. */
  productName: (product: string) => string;
  /** The person said yes: `confirm` of core/confirmations. */
  confirm: (confirmationId: number) => Promise<Answer>;
  /** The person said no: `decline` of core/confirmations. */
  decline: (confirmationId: number) => Promise<Answer>;
}

type Params = { Params: { secret: string } };

/**
 * The page behind the link of a confirmation mail: `GET /confirm/:secret` asks, `POST /confirm/:secret` approves and
 * `POST /confirm/:secret/decline` declines. A GET changes nothing, because mail scanners open links. A link that is
 * unknown, expired or without object is a 404 that does not tell which.
 */
export async function confirmationPage(app: FastifyInstance, options: ConfirmationPageOptions): Promise<void> {
  // The address is a secret: it stays out of the request log.
  const quiet = { logLevel: 'error' } as const;
  app.removeAllContentTypeParsers();
  // Buttons send an empty form; whatever else is sent is read past, up to the limit.
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 4_096 }, (_request, _body, done) => done(null, null));
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
    if (status === 500) reply.log.error({ err: error }, 'A confirmation page failed');
    return answer(reply, status, messagePage('Something went wrong', 'Please try again in a few minutes.'));
  });

  app.get<Params>('/confirm/:secret', quiet, async (request, reply) => {
    const found = await findOpen(options, request.params.secret);
    if (found === null) return unknown(reply);
    if (found.confirmedAt !== null) return already(reply);
    const facts = await factsOf(options, found);
    if (facts === null) return unknown(reply);
    return answer(reply, 200, questionPage(facts, request.params.secret));
  });
  app.post<Params>('/confirm/:secret', quiet, async (request, reply) => {
    const found = await findOpen(options, request.params.secret);
    if (found === null) return unknown(reply);
    const thanks = messagePage('Approved', 'Thank you. What waited for this goes on; you can close this page.');
    return outcome(reply, await options.confirm(found.id), thanks);
  });
  app.post<Params>('/confirm/:secret/decline', quiet, async (request, reply) => {
    const found = await findOpen(options, request.params.secret);
    if (found === null) return unknown(reply);
    const noted = messagePage('Declined', 'Thank you. Nothing was approved; you can close this page.');
    return outcome(reply, await options.decline(found.id), noted);
  });
  // Every other path and method here may hold a secret too.
  app.all('/confirm/*', quiet, async (_request, reply) => unknown(reply));
}

function outcome(reply: FastifyReply, result: Answer, done: string): FastifyReply {
  if (result === 'confirmed' || result === 'declined') return answer(reply, 200, done);
  if (result === 'already') return already(reply);
  return unknown(reply);
}

function already(reply: FastifyReply): FastifyReply {
  return answer(
    reply,
    200,
    messagePage('Already answered', 'This question was answered before. Nothing is left to do.'),
  );
}

function unknown(reply: FastifyReply): FastifyReply {
  const text =
    'This link is not valid, or not any more. The order may be finished, or a newer mail may hold a new link.';
  return answer(reply, 404, messagePage('Not found', text));
}

function answer(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply.code(status).headers(formPageHeaders()).send(html);
}

async function findOpen({ store, clock }: ConfirmationPageOptions, secret: string): Promise<Confirmation | null> {
  const secretHash = hashOfSecret(secret);
  if (secretHash === null) return null;
  const [found] = await store.find('confirmations', { secretHash }, { limit: 1 });
  return found === undefined || found.expiresAt <= clock.now() ? null : found;
}

async function factsOf(options: ConfirmationPageOptions, found: Confirmation): Promise<QuestionFacts | null> {
  const { store, productName } = options;
  const account = await store.get('accounts', found.accountId);
  const request = found.requestId === null ? null : await store.get('requests', found.requestId);
  const validation = found.validationId === null ? null : await store.get('validations', found.validationId);
  if (account === null || (found.purpose === 'domain' && validation === null)) return null;
  // Only a kept domain is asked for without a request.
  if (request === null && (found.requestId !== null || validation === null)) return null;
  return {
    purpose: found.purpose,
    accountName: account.name,
    accountHandle: account.handle,
    productName: request === null ? null : productName(request.product),
    domains: validation === null ? (request?.names ?? []) : [validation.domain],
    coversSubdomains: validation?.coversSubdomains ?? false,
    address: found.address,
    expiresAt: found.expiresAt,
  };
}
