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
    ...Object.fromEntries(
      RECURRING.map(({ kind, interval, work }) => [kind, every(interval, clock, () => work(desk))]),
    ),
  };
}

/** Jobs that run for ever: milliseconds from the end of one to the next, and who does it. */
const RECURRING: readonly { kind: string; interval: number; work: (desk: OpenDesk) => Promise<unknown> }[] = [
  { kind: 'expire-certificates', interval: MINUTE, work: ({ office }) => office.expireCertificates() },
  { kind: 'send-expiry-notices', interval: HOUR, work: ({ office }) => office.sendExpiryNotices() },
  { kind: 'send-validation-notices', interval: HOUR, work: ({ office }) => office.sendValidationNotices() },
  { kind: 'run-auto-orders', interval: HOUR, work: ({ office }) => office.runAutoOrders() },
  { kind: 'expire-checkouts', interval: HOUR, work: ({ platform }) => platform.operatorCheckouts.expireCheckouts() },
  { kind: 'refresh-renewal-hints', interval: 5 * MINUTE, work: ({ office }) => office.refreshRenewalHints() },
  { kind: 'remove-expired', interval: HOUR, work: ({ office }) => office.removeExpired() },
];

/** Puts the jobs that run for ever in place; where they are already, they become due now. */
export async function enqueueRecurring(store: Store, clock: Clock): Promise<void> {
  await store.transact(async (unit) => {
    for (const { kind } of RECURRING) await unit.enqueue({ kind, key: kind, payload: {}, runAt: clock.now() });
  });
}

function every(interval: number, clock: Clock, work: () => Promise<unknown>): JobHandler {
  return async () => {
    await work();
    return { runAgainAt: clock.now() + interval };
  };
}
