import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import type { Webhook } from '../../core/records.ts';
import { MINUTE } from '../../core/time.ts';
import { accept, act, idOf, read, type Call } from './endpoint.ts';
import { unknownObject, VendorError } from './errors.ts';
import { flag, list, text, whole, word } from './fields.ts';
import { DEFAULT_WEBHOOK_SETTINGS, settingsOf, WEBHOOK_EVENTS, type WebhookSettings } from './webhook-settings.ts';
import type { World } from './world.ts';

const bit = z.enum(['0', '1']);

/** Without the secret, which is never shown again. */
export const webhook = z.strictObject({
  id: z.int().positive(),
  endpoint: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  status: z.enum(['pending', 'active', 'inactive']),
  webhook_settings: z.strictObject({
    instant_issue_webhook_notification: bit,
    webhook_notification_frequency: z.array(z.int()),
    webhook_send_certificate_chain: bit,
    webhook_send_instant_issued_certificate_chain: bit,
  }),
});

const FREQUENCIES = [90, 60, 30, 7, 0, -7];
/** How long a challenge may be answered. */
const CHALLENGE_FOR = 30 * MINUTE;

/** Sent as the value of a header. */
const secret = z
  .string()
  .min(32, { error: 'It must have at least 32 characters', abort: true })
  .max(512, { error: 'It may have at most 512 characters', abort: true })
  .regex(/^[ -~]*$/, 'It must hold ASCII characters only');
const members = {
  endpoint: text(2_048),
  secret: secret.optional(),
  events: list(word(WEBHOOK_EVENTS), 50).optional(),
  webhook_settings: z
    .object({
      instant_issue_webhook_notification: flag.optional(),
      webhook_notification_frequency: list(
        whole.refine((days) => FREQUENCIES.includes(days), `It must be one of ${FREQUENCIES.join(', ')}`),
        20,
      ).optional(),
      webhook_send_certificate_chain: flag.optional(),
      webhook_send_instant_issued_certificate_chain: flag.optional(),
    })
    .optional(),
};
const change = z.object(members).partial();
type Members = Pick<z.infer<typeof change>, 'events' | 'webhook_settings'>;

export const listWebhooks = read({
  path: '/webhook',
  summary: "Show the account's webhook",
  permission: 'settings',
  answers: { 200: z.strictObject({ webhooks: z.array(webhook) }) },
  async handle(world, { actor }) {
    const found = await world.context.webhooks.find(actor);
    return { status: 200, json: { webhooks: found === null ? [] : [render(found)] } };
  },
});

export const webhookInfo = read({
  path: '/webhook/:webhookId',
  summary: 'Show a webhook',
  permission: 'settings',
  answers: { 200: webhook },
  handle: async (world, call) => ({ status: 200, json: render(await inPath(world, call)) }),
});

export const createWebhook = accept({
  method: 'POST',
  path: '/webhook',
  summary: 'Set where events are pushed to; it begins when the address has been challenged and activated',
  permission: 'settings',
  body: z.object(members),
  answers: { 201: z.strictObject({ webhook_id: z.int().positive() }) },
  async handle(world, { actor, body }) {
    const settings = changed(DEFAULT_WEBHOOK_SETTINGS, body);
    const ask = { url: body.endpoint, secret: body.secret ?? null, settings };
    const { id } = await translated(world.context.webhooks.create(actor, ask));
    return { status: 201, json: { webhook_id: id } };
  },
});

export const updateWebhook = accept({
  method: 'PUT',
  path: '/webhook/:webhookId',
  summary: 'Change a webhook; a new address has to be challenged and activated again',
  permission: 'settings',
  body: change,
  answers: { 204: null },
  async handle(world, call) {
    const { body, actor } = call;
    const before = await inPath(world, call);
    const moved = body.endpoint !== undefined && body.endpoint !== before.url;
    const settings = changed(settingsOf(before), body);
    await translated(
      world.context.webhooks.change(actor, before.id, {
        ...(body.endpoint === undefined ? {} : { url: body.endpoint }),
        ...(body.secret === undefined ? {} : { secret: body.secret }),
        settings: moved ? { ...settings, verified: false, challenge: null } : settings,
        ...(moved ? { active: false } : {}),
      }),
    );
    return { status: 204 };
  },
});

export const deleteWebhook = act({
  method: 'DELETE',
  path: '/webhook/:webhookId',
  summary: 'Push no more',
  permission: 'settings',
  answers: { 204: null },
  async handle(world, call) {
    await world.context.webhooks.delete(call.actor, (await inPath(world, call)).id);
    return { status: 204 };
  },
});

export const testWebhookEndpoint = accept({
  method: 'POST',
  path: '/webhook/test-endpoint',
  summary: 'Send a test event to an address',
  permission: 'settings',
  body: z.object({ endpoint: text(2_048), secret: secret.optional() }),
  answers: { 200: null },
  async handle(world, { actor, body }) {
    const to = { url: body.endpoint, secret: body.secret ?? null };
    await translated(world.context.webhooks.try(actor, to, { event: 'test_webhook_endpoint' }));
    return { status: 200 };
  },
});

export const sendChallenge = act({
  method: 'PUT',
  path: '/webhook/:webhookId/send-challenge',
  summary: 'Send a token to the address, to be handed back',
  permission: 'settings',
  answers: { 204: null },
  async handle(world, call) {
    const { webhooks, random, clock } = world.context;
    const found = await inPath(world, call);
    const token = Buffer.from(random.bytes(32)).toString('base64url');
    const challenge = { hash: hashOf(token), expiresAt: clock.now() + CHALLENGE_FOR };
    await webhooks.change(call.actor, found.id, { settings: { ...settingsOf(found), challenge } });
    const message = { event: 'challenge_webhook_endpoint', data: { token, webhook_id: found.id } };
    await translated(webhooks.send(call.actor, found.id, message));
    return { status: 204 };
  },
});

export const checkChallenge = accept({
  method: 'PUT',
  path: '/webhook/:webhookId/check-challenge',
  summary: 'Hand back the token that the address was sent',
  permission: 'settings',
  body: z.object({ token: text(200).optional() }),
  answers: { 204: null },
  async handle(world, call) {
    const { webhooks, clock } = world.context;
    const found = await inPath(world, call);
    const settings = settingsOf(found);
    const { challenge } = settings;
    const given = Buffer.from(hashOf(call.body.token ?? ''));
    if (
      challenge === null ||
      challenge.expiresAt <= clock.now() ||
      !timingSafeEqual(given, Buffer.from(challenge.hash))
    ) {
      throw new VendorError(400, 'webhook_invalid_token', 'The token is invalid, expired, or missing.');
    }
    await webhooks.change(call.actor, found.id, { settings: { ...settings, verified: true, challenge: null } });
    return { status: 204 };
  },
});

export const activateWebhook = act({
  method: 'PUT',
  path: '/webhook/:webhookId/activate',
  summary: 'Begin to push',
  permission: 'settings',
  answers: { 204: null },
  async handle(world, call) {
    const found = await inPath(world, call);
    if (!settingsOf(found).verified) {
      const message = 'Complete the verification challenge before you activate the webhook.';
      throw new VendorError(400, 'webhook_not_verified', message);
    }
    await world.context.webhooks.change(call.actor, found.id, { active: true });
    return { status: 204 };
  },
});

export const deactivateWebhook = act({
  method: 'PUT',
  path: '/webhook/:webhookId/deactivate',
  summary: 'Cease to push',
  permission: 'settings',
  answers: { 204: null },
  async handle(world, call) {
    await world.context.webhooks.change(call.actor, (await inPath(world, call)).id, { active: false });
    return { status: 204 };
  },
});

function changed(before: WebhookSettings, { events, webhook_settings: given = {} }: Members): WebhookSettings {
  return {
    ...before,
    events: events === undefined ? before.events : WEBHOOK_EVENTS.filter((event) => events.includes(event)),
    instant: given.instant_issue_webhook_notification ?? before.instant,
    frequency: given.webhook_notification_frequency ?? before.frequency,
    chain: given.webhook_send_certificate_chain ?? before.chain,
    instantChain: given.webhook_send_instant_issued_certificate_chain ?? before.instantChain,
  };
}

function render(found: Webhook): z.infer<typeof webhook> {
  const { events, instant, frequency, chain, instantChain, verified } = settingsOf(found);
  const bitOf = (value: boolean) => (value ? ('1' as const) : ('0' as const));
  return {
    id: found.id,
    endpoint: found.url,
    events,
    status: found.state === 'active' ? 'active' : verified ? 'inactive' : 'pending',
    webhook_settings: {
      instant_issue_webhook_notification: bitOf(instant),
      webhook_notification_frequency: frequency,
      webhook_send_certificate_chain: bitOf(chain),
      webhook_send_instant_issued_certificate_chain: bitOf(instantChain),
    },
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

async function inPath(world: World, call: Pick<Call, 'params'> & { actor: Actor }): Promise<Webhook> {
  const id = idOf(call, 'webhookId', 'webhook');
  const found = await world.context.webhooks.find(call.actor);
  if (found?.id !== id) throw unknownObject('webhook');
  return found;
}

/** What the vendor calls it where an address is no good, or does not answer. */
async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    if (error.kind === 'invalid-value' && error.field === 'url') {
      const message = 'The provided endpoint is not valid. Make sure the endpoint begins with https:// and try again.';
      throw new VendorError(400, 'webhook_invalid_endpoint', message);
    }
    if (error.kind === 'validation-failed') {
      const message = 'The provided endpoint is not responding or accepting requests.';
      throw new VendorError(400, 'webhook_endpoint_error', message);
    }
    if (error.kind === 'already-exists') {
      throw new VendorError(400, 'webhook_configured_already', 'A webhook already exists in the account.');
    }
    throw error;
  }
}
