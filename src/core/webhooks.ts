import type { Actor } from './desk.ts';
import type { Webhook } from './records.ts';

export interface NewWebhook {
  /** `https://host[:port][/path]`; `http` only in test installations. */
  url: string;
  /** With which the receiver knows that a call is ours; null for none. */
  secret: string | null;
  /** Free of meaning to the heart: which events, in which form. */
  settings: Record<string, unknown>;
}

/**
 * Where an account's notifications of one dialect are pushed: one address. Within the actor's account, as `Desk`;
 * everything but `find` demands the permission `settings`.
 */
export interface Webhooks {
  find(actor: Actor): Promise<Webhook | null>;
  /** Is not active yet. @throws `already-exists`, `invalid-value` for an address that cannot be called */
  create(actor: Actor, webhook: NewWebhook): Promise<Webhook>;
  /** A webhook that becomes active is told of what is fired from then on. @throws as `create`, `not-found` */
  change(actor: Actor, webhookId: number, changes: Partial<NewWebhook> & { active?: boolean }): Promise<Webhook>;
  /** @throws `not-found` */
  delete(actor: Actor, webhookId: number): Promise<void>;
  /** Posts a message at once, with the webhook's own secret. @throws `not-found`, `validation-failed` where it is not taken */
  send(actor: Actor, webhookId: number, message: object): Promise<void>;
  /** Posts a message to an address that is no webhook yet. @throws `invalid-value`, `validation-failed` */
  try(actor: Actor, to: Pick<NewWebhook, 'url' | 'secret'>, message: object): Promise<void>;
}
