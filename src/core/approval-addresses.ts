import { invalidValue } from './errors.ts';
import { baseOf, climb } from './names.ts';
import type { NamePolicy } from './ports.ts';

/** BR 3.2.2.4.4: the only addresses that may approve a domain. */
const LOCAL_PARTS = ['admin', 'administrator', 'hostmaster', 'postmaster', 'webmaster'];

/**
 * Addresses that may approve a name: the five at the name itself and at each parent down to the registrable domain.
 * @throws DeskError `invalid-value` on `field` where the name is a public suffix.
 */
export function approvalAddresses(name: string, policy: NamePolicy, field: string): string[] {
  const domain = baseOf(name);
  const top = policy.registrableDomain(domain);
  if (top === null) throw invalidValue(field, 'is not below a public suffix', name);
  return climb(domain, top).flatMap(addressesAt);
}

/** The five constructed addresses at one domain. */
export function addressesAt(domain: string): string[] {
  return LOCAL_PARTS.map((local) => `${local}@${domain}`);
}
