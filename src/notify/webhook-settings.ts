import { DeskError, invalidValue } from '../core/errors.ts';
import type { Job } from '../core/records.ts';
import type { Store, Unit } from '../core/store.ts';
import type { Clock, Instant } from '../core/time.ts';

export interface WebhookAsk {
  accountId: number;
  dialect: string;
  /** `https://host[:port][/path]`; `http` only where `allowHttp` says so. */
  url: string;
  /** Signing key of the dialect. */
  key: Uint8Array;
  /** `user:password` for Basic authentication. */
  basic: string | null;
}

export interface WebhookSettings {
  store: Store;
  clock: Clock;
  /** Of the secret box. */
  seal: (plain: Uint8Array, context: string) => Uint8Array;
  /** For receivers without TLS: sandbox and test installations. */
  allowHttp: boolean;
}

type Owner = { accountId: number; dialect: string };

/** What the signing key is sealed for. */
export const keyContext = ({ accountId, dialect }: Owner): string => `webhook-key:${accountId}:${dialect}`;
export const basicContext = ({ accountId, dialect }: Owner): string => `webhook-basic:${accountId}:${dialect}`;

/** The job that delivers what an account and dialect are to be told. */
export function webhookJob(owner: Owner, runAt: Instant): Pick<Job, 'kind' | 'key' | 'payload' | 'runAt'> {
  const { accountId, dialect } = owner;
  return {
    kind: 'deliver-webhook',
    key: `deliver-webhook:${accountId}:${dialect}`,
    payload: { accountId, dialect },
    runAt,
  };
}

/**
 * Sets where an account's notifications of one dialect are pushed, in place of an earlier setting, and starts the
 * delivery of what is fired from now on. Resolves with the webhook's id.
 * @throws DeskError `invalid-value` (`url`, `key`, `basic`)
 */
export async function saveWebhook(settings: WebhookSettings, ask: WebhookAsk): Promise<number> {
  checkUrl(ask.url, settings.allowHttp);
  if (ask.key.length === 0) throw invalidValue('key', 'Must not be empty');
  if (ask.basic !== null && !/^[^:\p{Cc}]+:\P{Cc}*$/u.test(ask.basic)) {
    throw invalidValue('basic', 'Must be user:password');
  }
  const now = settings.clock.now();
  const changes = {
    url: ask.url,
    encryptedKey: settings.seal(ask.key, keyContext(ask)),
    encryptedBasic: ask.basic === null ? null : settings.seal(Buffer.from(ask.basic), basicContext(ask)),
    state: 'active',
    failures: 0,
    nextAttemptAt: null,
  } as const;
  return settings.store.transact(async (unit) => {
    const [existing] = await unit.find('webhooks', { accountId: ask.accountId, dialect: ask.dialect }, { limit: 1 });
    const id = existing?.id ?? unit.newId('webhooks');
    const { accountId, dialect } = ask;
    if (existing === undefined)
      unit.insert('webhooks', { id, accountId, dialect, ...changes, settings: {}, createdAt: now });
    else await unit.update('webhooks', id, changes);
    await unit.enqueue(webhookJob(ask, now));
    return id;
  });
}

/** Starts a stalled webhook again, with what has waited. @throws DeskError `not-found` */
export async function resumeWebhook(unit: Unit, webhookId: number, now: Instant): Promise<void> {
  const webhook = await unit.get('webhooks', webhookId);
  if (webhook === null) throw new DeskError('not-found', `Webhook ${webhookId} does not exist`);
  await unit.update('webhooks', webhookId, { state: 'active', failures: 0, nextAttemptAt: null });
  await unit.enqueue(webhookJob(webhook, now));
}

/** @throws DeskError `invalid-value` on `url` for an address that is none, or holds what must not be written down. */
export function checkUrl(text: string, allowHttp: boolean): void {
  const url = URL.parse(text);
  const schemes = allowHttp ? ['https:', 'http:'] : ['https:'];
  if (url === null || !schemes.includes(url.protocol) || text.length > 2_048) {
    throw invalidValue(
      'url',
      `Must be an address that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalidValue('url', 'Must not hold a user, a password or a fragment');
  }
}
