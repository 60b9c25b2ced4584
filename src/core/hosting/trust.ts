import { baseOf, climb, isWildcard } from '../names.ts';
import type { NamePolicy } from '../ports.ts';
import type { Hostname } from '../records.ts';
import type { Reader } from '../store.ts';

/**
 * Names whose claim speaks against another account's claim of `name`: the name itself, every name above it down to the
 * registrable domain, the wildcards that cover it, and `www.` of it. Who holds a domain holds what lies below.
 */
export function rivalsOf(name: string, policy: NamePolicy): string[] {
  const base = baseOf(name);
  const above = climb(base, policy.registrableDomain(base) ?? base);
  return [...new Set([name, ...above.flatMap((one) => [one, `*.${one}`]), `www.${base}`])];
}

/** Whether another account, of whatever dialect, claims the name or one that stands above it. */
export async function isContested(
  reader: Reader,
  policy: NamePolicy,
  { accountId, name }: Pick<Hostname, 'accountId' | 'name'>,
): Promise<boolean> {
  const claims = await reader.find('hostnames', { name: rivalsOf(name, policy) });
  return claims.some((one) => one.accountId !== accountId);
}

/**
 * Whether the desk may answer an http challenge for a name by itself, for an account. The account must serve exactly
 * this name. Then the proof by DNS that lies nearest to the name decides, the newest of several; where nobody has
 * proved it, nobody else may claim it. A wildcard is covered by no file (BR 3.2.2.4.18). To be asked anew at each
 * look: who claims first and waits is not believed any more once somebody else claims the name.
 */
export async function mayAnswerFor(
  reader: Reader,
  policy: NamePolicy,
  accountId: number,
  name: string,
): Promise<boolean> {
  if (isWildcard(name)) return false;
  const claims = await reader.find('hostnames', { name: rivalsOf(name, policy) });
  if (!claims.some((one) => one.accountId === accountId && one.name === name)) return false;
  const proof = decidingProof(claims, name);
  if (proof !== null) return proof.accountId === accountId;
  return claims.every((one) => one.accountId === accountId);
}

function decidingProof(claims: readonly Hostname[], name: string): Hostname | null {
  const proofs = claims.filter((one) => one.verifiedAt !== null && covers(baseOf(one.name), name));
  return proofs.reduce<Hostname | null>((best, one) => (best === null || weighsMore(one, best) ? one : best), null);
}

function covers(domain: string, name: string): boolean {
  return domain === name || name.endsWith(`.${domain}`);
}

function weighsMore(one: Hostname, other: Hostname): boolean {
  const difference = baseOf(one.name).length - baseOf(other.name).length;
  if (difference !== 0) return difference > 0;
  return (one.verifiedAt as number) > (other.verifiedAt as number);
}
