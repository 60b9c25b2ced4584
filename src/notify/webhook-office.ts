import type { Actor } from '../core/desk.ts';
import { DeskError, notFound } from '../core/errors.ts';
import { demand } from '../core/permissions.ts';
import type { Webhook } from '../core/records.ts';
import type { Unit } from '../core/store.ts';
import { SECOND } from '../core/time.ts';
import type { Webhooks } from '../core/webhooks.ts';
import { checkUrl, keyContext, webhookJob, type WebhookSettings } from './webhook-settings.ts';
import type { OutgoingFetch, WebhookDialect } from './webhooks.ts';

export interface WebhookOfficeOptions extends WebhookSettings {
  dialect: string;
  /** How the receiver knows that a call is ours. */
  sign: WebhookDialect['sign'];
  /** Opens what `seal` has sealed. */
  open: (sealed: Uint8Array, context: string) => Uint8Array;
  fetch: OutgoingFetch;
}

/** What a dialect can do about its webhooks. The secret is sealed before it is stored, and never given out again. */
export function createWebhookOffice(options: WebhookOfficeOptions): Webhooks {
  const { store, clock, dialect } = options;

  async function own(reader: Pick<Unit, 'find'>, actor: Actor, id: number): Promise<Webhook> {
    const [webhook] = await reader.find('webhooks', { id, accountId: actor.accountId, dialect });
    if (webhook === undefined) throw notFound(`Webhook ${id}`);
    return webhook;
  }

  const sealed = (actor: Actor, secret: string | null): Uint8Array =>
    options.seal(Buffer.from(secret ?? ''), keyContext({ accountId: actor.accountId, dialect }));

  async function post(url: string, key: Uint8Array, message: object): Promise<void> {
    const body = Buffer.from(JSON.stringify(message));
    const headers = { 'content-type': 'application/json', ...options.sign(body, key) };
    const limits = { timeoutMs: 10 * SECOND, maxBytes: 65_536, maxRedirects: 0 };
    const { status } = await options.fetch(url, { method: 'POST', headers, body, ...limits }).catch((cause) => {
      // What lies behind the address is none of the caller's business.
      throw new DeskError('validation-failed', 'The address does not respond or may not be called', { cause });
    });
    if (status < 200 || status > 299) throw new DeskError('validation-failed', `The address answered ${status}`);
  }

  return {
    find: async (actor) =>
      (await store.find('webhooks', { accountId: demand(actor, 'read').accountId, dialect }))[0] ?? null,
    async create(actor, { url, secret, settings }) {
      demand(actor, 'settings');
      checkUrl(url, options.allowHttp);
      const { accountId } = actor;
      const now = clock.now();
      return store.transact(async (unit) => {
        const [existing] = await unit.find('webhooks', { accountId, dialect });
        if (existing !== undefined) throw new DeskError('already-exists', 'There is a webhook in this account already');
        const webhook: Webhook = {
          id: unit.newId('webhooks'),
          accountId,
          dialect,
          url,
          encryptedKey: sealed(actor, secret),
          encryptedBasic: null,
          state: 'inactive',
          settings,
          failures: 0,
          nextAttemptAt: null,
          createdAt: now,
        };
        unit.insert('webhooks', webhook);
        tell(unit, actor, webhook.id, 'webhook.set', { url, dialect }, now);
        return webhook;
      });
    },
    async change(actor, id, { url, secret, settings, active }) {
      demand(actor, 'settings');
      if (url !== undefined) checkUrl(url, options.allowHttp);
      const now = clock.now();
      return store.transact(async (unit) => {
        const webhook = await own(unit, actor, id);
        const starts = active === true && webhook.state !== 'active';
        // What was fired while it was switched off is not told; what a stalled one has missed is.
        const since = webhook.state === 'inactive' ? now : webhook.createdAt;
        const changes: Partial<Webhook> = {
          ...(url === undefined ? {} : { url }),
          ...(secret === undefined ? {} : { encryptedKey: sealed(actor, secret) }),
          ...(settings === undefined ? {} : { settings }),
          ...(active === false ? { state: 'inactive' as const } : {}),
          ...(starts ? { state: 'active' as const, failures: 0, nextAttemptAt: null, createdAt: since } : {}),
        };
        await unit.update('webhooks', id, changes);
        if (starts) await unit.enqueue(webhookJob(webhook, now));
        tell(unit, actor, id, 'webhook.changed', { changed: Object.keys(changes) }, now);
        return { ...webhook, ...changes };
      });
    },
    async delete(actor, id) {
      demand(actor, 'settings');
      await store.transact(async (unit) => {
        await own(unit, actor, id);
        await unit.delete('webhooks', id);
        tell(unit, actor, id, 'webhook.removed', {}, clock.now());
      });
    },
    async send(actor, id, message) {
      const webhook = await own(store, demand(actor, 'settings'), id);
      await post(webhook.url, options.open(webhook.encryptedKey, keyContext(webhook)), message);
    },
    async try(actor, { url, secret }, message) {
      demand(actor, 'settings');
      checkUrl(url, options.allowHttp);
      await post(url, Buffer.from(secret ?? ''), message);
    },
  };
}

function tell(
  unit: Unit,
  actor: Actor,
  id: number,
  action: string,
  details: Record<string, unknown>,
  at: number,
): void {
  const { accountId, handle, userName } = actor;
  unit.audit({ at, actor: `${handle}/${userName}`, accountId, action, target: `webhook:${id}`, details });
}
