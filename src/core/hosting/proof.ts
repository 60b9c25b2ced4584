import { againOnConflict } from '../again.ts';
import type { Actor } from '../desk.ts';
import { DeskError } from '../errors.ts';
import { baseOf, climb } from '../names.ts';
import type { DomainCheck } from '../ports.ts';
import type { Challenge, Hostname } from '../records.ts';
import { note } from '../registry/note.ts';
import type { Unit } from '../store.ts';
import type { Instant } from '../time.ts';
import { type HostingParts, ownHostname, type WebsiteParts } from './own.ts';

/** The TXT record that proves a name; null once it is proved. */
export function proofRecord(
  { proofLabel }: Pick<HostingParts, 'proofLabel'>,
  { name, verificationToken }: Pick<Hostname, 'name' | 'verificationToken'>,
): { name: string; value: string } | null {
  if (verificationToken === null) return null;
  return { name: `${proofLabel}.${baseOf(name)}`, value: verificationToken };
}

/**
 * Looks for the hostname's token now, at the name and at every domain above it down to the registrable one: who can
 * write there holds what lies below. What other accounts had for the same name, or for the wildcard over it, ends with it.
 * @throws DeskError `not-found`, `validation-failed` where the record is not there
 */
export async function verifyHostname(parts: HostingParts, actor: Actor, hostnameId: number): Promise<Hostname> {
  const hostname = await ownHostname(parts.store, parts, actor, hostnameId);
  const value = hostname.verificationToken;
  if (value === null) return hostname;
  const check = await parts.domains.check(recordsOf(parts, hostname, value));
  const proved = await againOnConflict(() =>
    parts.store.transact(async (unit) => {
      const now = parts.clock.now();
      await recordLook(unit, hostname, check, now);
      if (check.outcome !== 'passed') return null;
      const current = await ownHostname(unit, parts, actor, hostnameId);
      // What was found proves the value that was looked for, no other.
      if (current.verificationToken === value) return believe(unit, parts, actor, current, now, 'dns');
      return current.verifiedAt === null ? null : current;
    }),
  );
  if (proved !== null) return proved;
  const why = check.outcome === 'passed' ? 'somebody else has just proved it; publish the new value' : check.message;
  throw new DeskError('validation-failed', `${hostname.name}: ${why}`);
}

function recordsOf(parts: HostingParts, { name }: Hostname, value: string): Challenge[] {
  const base = baseOf(name);
  const domains = climb(base, parts.names.registrableDomain(base) ?? base);
  return domains.map((domain) => ({ method: 'dns', record: 'TXT', name: `${parts.proofLabel}.${domain}`, value }));
}

/** Tenants look as often as they like: of looks in vain that follow one another the newest is kept. */
async function recordLook(unit: Unit, { accountId, name }: Hostname, check: DomainCheck, at: Instant): Promise<void> {
  const { outcome, message, evidence } = check;
  const about = { accountId, requestId: null, validationId: null, kind: 'domain' as const, name };
  const seen = { outcome, message, evidence, at };
  const before = (await unit.find('attempts', about)).at(-1);
  if (before !== undefined && before.outcome !== 'passed' && outcome !== 'passed') {
    await unit.update('attempts', before.id, seen);
  } else unit.insert('attempts', { id: unit.newId('attempts'), ...about, ...seen });
}

/** The operator's word in place of a record in the DNS. @throws DeskError `not-found` */
export async function vouchFor(parts: WebsiteParts, actor: Actor, hostnameId: number): Promise<Hostname> {
  return againOnConflict(() =>
    parts.store.transact(async (unit) => {
      const hostname = await ownHostname(unit, parts, actor, hostnameId);
      return believe(unit, parts, actor, hostname, parts.clock.now(), 'operator');
    }),
  );
}

async function believe(
  unit: Unit,
  parts: WebsiteParts,
  actor: Actor,
  before: Hostname,
  now: Instant,
  by: 'dns' | 'operator',
): Promise<Hostname> {
  const { id, name, accountId, verificationToken } = before;
  const proved = { verifiedAt: now, verificationToken: null };
  await unit.update('hostnames', id, proved, { verificationToken });
  note(unit, actor, 'hostname.proved', `hostname:${id}`, { name, by }, now);
  const base = baseOf(name);
  // One record proves both, and the newest proof of either decides.
  for (const other of await unit.find('hostnames', { name: [base, `*.${base}`] })) {
    if (other.accountId !== accountId) await overrule(unit, parts, other, now);
  }
  return { ...before, ...proved };
}

/**
 * Another account has proved the name: this claim counts as made now, without what was proved for it before, also where
 * the other one goes again.
 */
async function overrule(unit: Unit, parts: WebsiteParts, before: Hostname, now: Instant): Promise<void> {
  const { id, accountId, name, verifiedAt } = before;
  const verificationToken = newToken(parts);
  await unit.update('hostnames', id, { createdAt: now, verifiedAt: null, verificationToken });
  const details = { name, why: 'somebody else has proved it' };
  const action = verifiedAt === null ? 'hostname.overruled' : 'hostname.unproved';
  unit.audit({ at: now, actor: 'system', accountId, action, target: `hostname:${id}`, details });
}

/** Bytes of the value that proves a name; BR 1.6.1 asks for 112 bits. */
const TOKEN_LENGTH = 24;

/** A value to be published for a name. */
export function newToken({ random }: Pick<WebsiteParts, 'random'>): string {
  return Buffer.from(random.bytes(TOKEN_LENGTH)).toString('base64url');
}
