/** BR 3.2.2.4.4, in the section's order. */
const LOCAL_PARTS = ['admin', 'administrator', 'webmaster', 'hostmaster', 'postmaster'] as const;

/**
 * The constructed addresses that may approve `domain`: five for the domain itself and for each parent down to
 * `registrableDomain`, nearest domain first (BR 3.2.2.4.4). A leading `*.` is dropped.
 * Where `domain` is not at or below `registrableDomain` the list is empty.
 */
export function constructedAddresses(domain: string, registrableDomain: string): string[] {
  const base = registrableDomain.toLowerCase();
  let name = domain.toLowerCase().replace(/^\*\./, '');
  if (name !== base && !name.endsWith(`.${base}`)) return [];

  const addresses: string[] = [];
  for (;;) {
    for (const part of LOCAL_PARTS) addresses.push(`${part}@${name}`);
    if (name === base) return addresses;
    name = name.slice(name.indexOf('.') + 1);
  }
}
