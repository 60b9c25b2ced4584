import { covers } from '../facts.ts';
import { baseOf, climb, isWildcard } from '../names.ts';
import type { Engine } from '../parts.ts';
import { candidateDomains, mayBeReused } from '../plan-validations.ts';
import type { NamePolicy } from '../ports.ts';
import type { Hostname } from '../records.ts';
import type { Reader } from '../store.ts';
import type { Instant } from '../time.ts';

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
 * this name. Then the proof by DNS that lies nearest to the name decides, the newest of several. Where nobody has
 * proved it, the account must have held it by certificates before anybody else claimed it, and nobody else may have
 * proved it for an order since; or it is alone with its claim. A wildcard is covered by no file (BR 3.2.2.4.18). To be
 * asked anew at each look: others may have claimed or proved the name meanwhile.
 */
export async function mayAnswerFor(engine: TrustParts, accountId: number, name: string): Promise<boolean> {
  if (isWildcard(name)) return false;
  const claims = await engine.store.find('hostnames', { name: rivalsOf(name, engine.names) });
  const own = claims.filter((one) => one.accountId === accountId && one.name === name);
  if (own.length === 0) return false;
  const proof = decidingProof(claims, name);
  if (proof !== null) return proof.accountId === accountId;
  const others = claims.filter((one) => one.accountId !== accountId);
  if (others.length === 0) return true;
  const claimedAt = Math.min(...own.map(({ createdAt }) => createdAt));
  const since = await heldSince(engine, accountId, name, claimedAt);
  if (since === null || others.some(({ createdAt }) => createdAt <= since)) return false;
  return !(await isProvedByAny(engine, [...new Set(others.map((one) => one.accountId))], name, since));
}

interface TrustParts extends Pick<Engine, 'names' | 'clock'> {
  store: Reader;
}

/**
 * Since when certificates made here say without a gap that the account holds the name, up to now; null where none is
 * in force. Each must be for exactly this name, and rest on a proof of exactly this name that was made for it while
 * the account claimed the name: who lets go of a name lets go of what was proved. A certificate counts from that proof
 * on until it ends or is revoked, and the next one carries on where its proof was made before that.
 */
async function heldSince(
  { store, clock }: TrustParts,
  accountId: number,
  name: string,
  claimedAt: Instant,
): Promise<Instant | null> {
  const proofs = await store.reusableValidations(accountId, [name], claimedAt);
  const provedAt = new Map(proofs.map(({ requestId, validatedAt }) => [requestId, validatedAt as Instant]));
  const requestId = [...provedAt.keys()].filter((id) => id !== null);
  const certificates = await store.find('certificates', { accountId, requestId });
  const spans = certificates
    .filter(({ names }) => names.includes(name))
    .map((one) => ({
      from: provedAt.get(one.requestId) as Instant,
      until: Math.min(one.notAfter, one.revokedAt ?? one.notAfter),
    }));
  const now = clock.now();
  let since = now;
  for (;;) {
    const before = spans.filter(({ from, until }) => from < since && until > since);
    if (before.length === 0) return since === now ? null : since;
    since = Math.min(...before.map(({ from }) => from));
  }
}

/** Whether one of the accounts has proved the name from then on, for an order or beside any, other than by our files. */
async function isProvedByAny(
  { store, names }: TrustParts,
  accountIds: readonly number[],
  name: string,
  since: Instant,
): Promise<boolean> {
  for (const accountId of accountIds) {
    const proofs = await store.reusableValidations(accountId, candidateDomains([name], names), since);
    if (proofs.some((proof) => mayBeReused(proof) && covers(proof, name))) return true;
  }
  return false;
}

function decidingProof(claims: readonly Hostname[], name: string): Hostname | null {
  const proofs = claims.filter((one) => one.verifiedAt !== null && isWithin(name, baseOf(one.name)));
  return proofs.reduce<Hostname | null>((best, one) => (best === null || weighsMore(one, best) ? one : best), null);
}

function isWithin(name: string, domain: string): boolean {
  return domain === name || name.endsWith(`.${domain}`);
}

function weighsMore(one: Hostname, other: Hostname): boolean {
  const difference = baseOf(one.name).length - baseOf(other.name).length;
  if (difference !== 0) return difference > 0;
  return (one.verifiedAt as number) > (other.verifiedAt as number);
}
