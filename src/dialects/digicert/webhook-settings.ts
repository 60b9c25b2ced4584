import { z } from 'zod';
import type { Webhook } from '../../core/records.ts';

/** Events that a webhook may ask for, in the vendor's order. */
export const WEBHOOK_EVENTS = [
  'certificate_issued',
  'certificate_revoked',
  'order_rejected',
  'domain_validated',
  'domain_expired',
  'domain_revalidation_notice',
  'organization_validated',
  'organization_expired',
  'organization_revalidation_notice',
] as const;

/** What this dialect keeps in `Webhook.settings`. */
const kept = z.object({
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  /** Also certificates that were issued the moment they were ordered. */
  instant: z.boolean(),
  /** Days before the end of a validation at which it is told of. */
  frequency: z.array(z.int()),
  chain: z.boolean(),
  instantChain: z.boolean(),
  /** Whether the address has shown that it gets what is sent. */
  verified: z.boolean(),
  /** SHA-256 of the token that was sent to the address, base64, and until when it counts. */
  challenge: z.object({ hash: z.string(), expiresAt: z.int() }).nullable(),
});

export type WebhookSettings = z.infer<typeof kept>;

export const DEFAULT_WEBHOOK_SETTINGS: WebhookSettings = {
  events: ['certificate_issued'],
  instant: false,
  frequency: [],
  chain: false,
  instantChain: false,
  verified: false,
  challenge: null,
};

/** One that was set by the operator holds nothing of ours: it is told of what the vendor tells by default. */
export function settingsOf(webhook: Pick<Webhook, 'settings'>): WebhookSettings {
  return kept.parse({ ...DEFAULT_WEBHOOK_SETTINGS, ...webhook.settings });
}
