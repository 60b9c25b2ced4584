import type { Store } from '../core/store.ts';
import { type Clock, HOUR, MINUTE } from '../core/time.ts';
import type { JobHandler } from '../jobs/runner.ts';
import { createSendConfirmation } from '../notify/send-confirmation.ts';
import { createDeliverWebhook } from '../notify/webhooks.ts';
import type { OpenDesk } from './desk.ts';
import { webhookDialects } from './dialects.ts';
import type { Foundation } from './foundation.ts';
import type { World } from './world.ts';

export interface HandlerOptions {
  foundation: Foundation;
  world: World;
  desk: OpenDesk;
  publicUrl: () => string;
}

/** Who does each kind of job. */
export function jobHandlers(options: HandlerOptions): Readonly<Record<string, JobHandler>> {
  const { foundation, world, desk, publicUrl } = options;
  const { store, clock, random, box, log, config } = foundation;
  const productName = (id: string): string => config.catalogue.get(id)?.name ?? id;
  const dialects = webhookDialects({ store, catalogue: config.catalogue, issuers: desk.issuers });
  const webhooks = { store, clock, log, fetch: world.fetch, dialects, open: box.open };
  return {
    advance: desk.office.advance,
    'validate-domain': desk.office.validateDomain,
    'renew-crl': desk.crls.crlJobHandler,
    'send-confirmation': createSendConfirmation({ store, clock, random, mailer: world.mailer, publicUrl, productName }),
    'deliver-webhook': createDeliverWebhook(webhooks),
    'expire-certificates': every(MINUTE, clock, desk.office.expireCertificates),
    'send-expiry-notices': every(HOUR, clock, desk.office.sendExpiryNotices),
    'send-validation-notices': every(HOUR, clock, desk.office.sendValidationNotices),
    'run-auto-orders': every(HOUR, clock, desk.office.runAutoOrders),
    'refresh-renewal-hints': every(5 * MINUTE, clock, desk.office.refreshRenewalHints),
    'remove-expired': every(HOUR, clock, desk.office.removeExpired),
    'expire-checkouts': every(HOUR, clock, desk.platform.operatorCheckouts.expireCheckouts),
  };
}

const RECURRING = [
  'expire-certificates',
  'send-expiry-notices',
  'send-validation-notices',
  'run-auto-orders',
  'expire-checkouts',
  'refresh-renewal-hints',
  'remove-expired',
];

/** Puts the jobs that run for ever in place; where they are already, they become due now. */
export async function enqueueRecurring(store: Store, clock: Clock): Promise<void> {
  await store.transact(async (unit) => {
    for (const kind of RECURRING) await unit.enqueue({ kind, key: kind, payload: {}, runAt: clock.now() });
  });
}

function every(interval: number, clock: Clock, work: () => Promise<unknown>): JobHandler {
  return async () => {
    await work();
    return { runAgainAt: clock.now() + interval };
  };
}
