import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import type { Hostname, Website } from '../../core/records.ts';
import { type DomainState, statesOf } from './domain-state.ts';
import { orderCertificate } from './order-certificate.ts';
import type { CertificateOrder } from './schemas.ts';
import { stopRenewals } from './stop-renewals.ts';
import type { World } from './world.ts';

/**
 * Ends a domain of an install, and what renewed itself for it. A sibling whose certificate holds the name as well
 * could not be renewed any more: it gets a certificate without it.
 */
export async function leaveDomain(world: World, actor: Actor, install: Website, domain: Hostname): Promise<void> {
  const siblings = await world.store.find('hostnames', { websiteId: install.id });
  const states = await statesOf(world, siblings);
  const concerned = states.filter(({ domain: one, request }) => {
    return one.id !== domain.id && request?.names.includes(domain.name) === true;
  });
  await stopRenewals(world, actor, [domain, ...concerned.map((state) => state.domain)]);
  await world.hosting.deleteHostname(actor, domain.id);
  for (const state of concerned) await orderAnew(world, actor, install, state);
}

async function orderAnew(world: World, actor: Actor, install: Website, { domain, request }: DomainState) {
  const contact = request?.contact ?? null;
  const holder: CertificateOrder | null =
    contact === null
      ? null
      : {
          given_name: contact.firstName,
          family_name: contact.lastName,
          email_address: contact.email,
          region_code: textOf(request?.extra['region']) ?? '',
          ...(contact.phone === '' ? {} : { phone: contact.phone }),
        };
  try {
    await orderCertificate(world, actor, install, domain, holder);
  } catch (error) {
    // The domain is gone all the same; the certificate that is in place serves until it ends.
    if (!(error instanceof DeskError)) throw error;
    world.log.warn({ err: error, domain: domain.name }, 'No certificate could be ordered for what was left');
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
