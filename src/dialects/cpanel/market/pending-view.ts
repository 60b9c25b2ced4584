import { SECOND } from '../../../core/time.ts';
import { toPem } from '../../../pki/pem.ts';
import type { World } from '../world.ts';
import { extraOf } from './item-extra.ts';
import { type ItemFacts, statusOf } from './item-status.ts';
import { productNumber } from './products.ts';

/** An item of the pending queue as the API shows it. `expired` says that it was taken out of the queue. */
export function pendingView(world: World, origin: string, facts: ItemFacts): Record<string, unknown> {
  const { item, validations, certificate } = facts;
  const { vhostNames, identity } = extraOf(item);
  const published = validations.flatMap(({ domain, challenges, state }) =>
    challenges.flatMap((one) =>
      one.method === 'dns' ? [{ domain, type: one.record, name: one.name, value: one.value, state }] : [],
    ),
  );
  return {
    created_time: seconds(item.createdAt),
    csr: item.csr === null ? '' : toPem('CERTIFICATE REQUEST', item.csr),
    domains: item.names,
    expired: item.queue === 'removed' ? 1 : 0,
    first_poll_time: seconds(item.firstPollAt),
    last_poll_time: seconds(item.lastPollAt),
    last_status_code: statusOf(facts).code,
    order_id: String(item.checkoutId),
    order_item_id: String(item.id),
    product_id: String(productNumber(world, item.product)),
    provider: world.shop.provider,
    status: item.queue === 'unconfirmed' ? 'unconfirmed' : 'confirmed',
    support_uri: origin,
    vhost_names: vhostNames,
    ...(identity === null ? {} : { identity_verification: identity }),
    certificate_id: certificate?.id ?? null,
    originating_certificate_id: null,
    parent_cert_expiry: null,
    // Not the vendor's: what to publish where domains are proved by DNS.
    dns_records: published,
  };
}

function seconds(at: number | null): number | null {
  return at === null ? null : Math.floor(at / SECOND);
}
