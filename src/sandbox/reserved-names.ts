/**
 * Suffixes that nobody can own (RFC 2606 §2 and §3, RFC 6761 §6): the sandbox is the authority for everything
 * below them, so nothing said about them can touch a real domain.
 */
export const RESERVED_SUFFIXES = [
  'test',
  'example',
  'localhost',
  'invalid',
  'example.com',
  'example.net',
  'example.org',
] as const;

/**
 * Domains above the reserved ones. A CAA check climbs to them (RFC 8659 §3), so the sandbox answers for these three
 * names, and for nothing else below them, that they hold no records.
 */
const EMPTY_PARENTS = ['com', 'net', 'org'];

/** The reserved suffix at or above a domain name, any case, with or without trailing dot; null where it is not reserved. */
export function reservedSuffix(name: string): string | null {
  const plain = plainName(name);
  return RESERVED_SUFFIXES.find((suffix) => plain === suffix || plain.endsWith(`.${suffix}`)) ?? null;
}

/** Whether the sandbox speaks for this name: it can be published, ordered and validated offline. */
export function isReserved(name: string): boolean {
  return reservedSuffix(name) !== null;
}

/** Whether the name is `com`, `net` or `org`. */
export function isEmptyParent(name: string): boolean {
  return EMPTY_PARENTS.includes(plainName(name));
}

/** Lower case, without the trailing dot. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
