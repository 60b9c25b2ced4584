import { z } from 'zod';
import { DeskError } from '../core/errors.ts';
import type { Job, Notification, Webhook } from '../core/records.ts';
import type { Store } from '../core/store.ts';
import { type Clock, type Instant, MINUTE, SECOND } from '../core/time.ts';
import { basicContext, keyContext } from './webhook-settings.ts';

/** How one dialect pushes a notification. */
export interface WebhookDialect {
  /** The JSON that is posted; null where this webhook is not told. */
  render(notification: Notification, webhook: Webhook): Promise<object | null>;
  /** Headers that prove to the receiver who sent exactly these bytes. */
  sign(body: Uint8Array, key: Uint8Array): Record<string, string>;
  /** Statuses by which a receiver says that it has taken it, where they are not 200 to 202. */
  taken?: readonly number[];
}

/** An outgoing call that refuses internal addresses. */
export type OutgoingFetch = (
  url: string,
  options: {
    method: string;
    headers: Record<string, string>;
    body: Uint8Array;
    timeoutMs: number;
    maxBytes: number;
    maxRedirects: number;
  },
) => Promise<{ status: number }>;

export interface WebhookOptions {
  store: Store;
  clock: Clock;
  fetch: OutgoingFetch;
  /** By folder name of the dialect. */
  dialects: ReadonlyMap<string, WebhookDialect>;
  /** Opens what `saveWebhook` has sealed. */
  open: (sealed: Uint8Array, context: string) => Uint8Array;
  log: { warn(details: object, message: string): void };
}

/** Wait after failure 1, 2 … of a delivery; after one more the webhook is stalled. Milliseconds. */
export const WEBHOOK_RETRIES: readonly number[] = [10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE];

/** Looks for new notifications this often while a webhook is active, so that placing orders costs nothing more. */
const LOOK_EVERY = 5 * SECOND;
/** Deliveries in one run, so that a slow receiver does not outlive the job's lease. */
const BATCH = 20;
const RUN_FOR = 20 * SECOND;
const DELIVERED = [200, 201, 202];

const payloadSchema = z.object({ accountId: z.number().int(), dialect: z.string() });

/**
 * Handles `deliver-webhook`: posts the notifications of one account and dialect, oldest first, one after the other; a
 * failed one holds up those behind it. The job comes back for as long as the webhook is active. A notification may be
 * posted twice where the process dies before the delivery is on record.
 * @throws DeskError `internal` where the payload is wrong
 */
export function createDeliverWebhook(options: WebhookOptions) {
  return async (job: Pick<Job, 'payload'>): Promise<{ runAgainAt?: Instant }> => {
    const { accountId, dialect: name } = readPayload(job);
    const [webhook] = await options.store.find('webhooks', { accountId, dialect: name, state: 'active' }, { limit: 1 });
    const dialect = options.dialects.get(name);
    if (webhook === undefined || dialect === undefined) return {};
    const now = options.clock.now();
    if (webhook.nextAttemptAt !== null && webhook.nextAttemptAt > now) return { runAgainAt: webhook.nextAttemptAt };
    return deliverWaiting(options, webhook, dialect);
  };
}

async function deliverWaiting(
  options: WebhookOptions,
  webhook: Webhook,
  dialect: WebhookDialect,
): Promise<{ runAgainAt?: Instant }> {
  const { store, clock } = options;
  const startedAt = clock.now();
  const waiting = await findWaiting(store, webhook);
  for (const notification of waiting) {
    const problem = await deliver(options, webhook, dialect, notification);
    if (problem !== null) return recordFailure(options, webhook, notification, problem);
    await store.transact(async (unit) => {
      await unit.update('notifications', notification.id, { deliveredAt: clock.now() });
      if (webhook.failures > 0) await unit.update('webhooks', webhook.id, { failures: 0, nextAttemptAt: null });
    });
    webhook.failures = 0;
    if (clock.now() - startedAt > RUN_FOR) return { runAgainAt: clock.now() };
  }
  return { runAgainAt: waiting.length === BATCH ? clock.now() : clock.now() + LOOK_EVERY };
}

/** What was fired since the webhook exists and is not delivered yet. */
async function findWaiting(store: Store, webhook: Webhook): Promise<Notification[]> {
  const { records } = await store.list('notifications', {
    accountId: webhook.accountId,
    filters: [
      { field: 'dialect', op: 'eq', value: webhook.dialect },
      { field: 'deliveredAt', op: 'null' },
      { field: 'firedAt', op: 'gte', value: webhook.createdAt },
    ],
    order: [
      { field: 'firedAt', descending: false },
      { field: 'id', descending: false },
    ],
    limit: BATCH,
    offset: 0,
    count: false,
  });
  return records;
}

/** Null when it was taken, else what went wrong. */
async function deliver(
  options: WebhookOptions,
  webhook: Webhook,
  dialect: WebhookDialect,
  notification: Notification,
): Promise<string | null> {
  try {
    const message = await dialect.render(notification, webhook);
    if (message === null) return null;
    const body = Buffer.from(JSON.stringify(message));
    const headers = {
      'content-type': 'application/json',
      ...authorization(options, webhook),
      ...dialect.sign(body, options.open(webhook.encryptedKey, keyContext(webhook))),
    };
    const limits = { timeoutMs: 10 * SECOND, maxBytes: 65_536, maxRedirects: 0 };
    const { status } = await options.fetch(webhook.url, { method: 'POST', headers, body, ...limits });
    return (dialect.taken ?? DELIVERED).includes(status) ? null : `The receiver answered ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function authorization(options: WebhookOptions, webhook: Webhook): Record<string, string> {
  if (webhook.encryptedBasic === null) return {};
  const basic = options.open(webhook.encryptedBasic, basicContext(webhook));
  return { authorization: `Basic ${Buffer.from(basic).toString('base64')}` };
}

async function recordFailure(
  options: WebhookOptions,
  webhook: Webhook,
  notification: Notification,
  problem: string,
): Promise<{ runAgainAt?: Instant }> {
  const failures = webhook.failures + 1;
  const delay = WEBHOOK_RETRIES[failures - 1];
  const nextAttemptAt = delay === undefined ? null : options.clock.now() + delay;
  const state = nextAttemptAt === null ? 'stalled' : 'active';
  await options.store.transact((unit) => unit.update('webhooks', webhook.id, { failures, nextAttemptAt, state }));
  const { id, accountId, dialect } = webhook;
  const details = { webhook: id, accountId, dialect, notification: notification.id, failures, problem };
  if (nextAttemptAt !== null) {
    options.log.warn(details, 'A webhook delivery failed and will be tried again');
    return { runAgainAt: nextAttemptAt };
  }
  options.log.warn(details, 'A webhook is stalled: its deliveries wait until it is resumed or set anew');
  return {};
}

function readPayload(job: Pick<Job, 'payload'>): z.infer<typeof payloadSchema> {
  const result = payloadSchema.safeParse(job.payload);
  if (result.success) return result.data;
  throw new DeskError('internal', 'A deliver-webhook job has a payload that cannot be read', { cause: result.error });
}
