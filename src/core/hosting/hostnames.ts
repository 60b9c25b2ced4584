import type { Actor } from '../desk.ts';
import { DeskError, invalidValue } from '../errors.ts';
import type { Hosting, NewHostname } from '../hosting.ts';
import type { Hostname } from '../records.ts';
import { note } from '../registry/note.ts';
import type { Unit } from '../store.ts';
import { type WebsiteParts, lockWebsite, newUid, ownHostname, ownWebsite } from './own.ts';
import { newToken } from './proof.ts';
import { NOTHING_INSTALLED } from './websites.ts';

/** So that nothing that walks the names of a website takes for ever. */
const MOST_HOSTNAMES = 1_000;

/** @throws DeskError `not-found`, `invalid-value`, `already-exists` for a name that the website has */
export async function addHostnames(
  parts: WebsiteParts,
  actor: Actor,
  websiteId: number,
  asks: readonly NewHostname[],
): Promise<Hostname[]> {
  const names = asks.map(({ name }, index) => parts.names.normalise(name, `names[${index}]`));
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice !== -1) throw invalidValue(`names[${twice}]`, 'The name stands there twice', names[twice]);
  return parts.store.transact(async (unit) => {
    const website = await ownWebsite(unit, parts, actor, websiteId);
    await lockWebsite(unit, website);
    const known = await unit.find('hostnames', { websiteId });
    refuseKnown(known, names);
    if (known.length + names.length > MOST_HOSTNAMES) {
      throw invalidValue('names', `A website has at most ${MOST_HOSTNAMES} hostnames`);
    }
    const createdAt = parts.clock.now();
    const added = asks.map((ask, index): Hostname => {
      const { uid = newUid(parts), isPrimary = false, redirectsTo = null, extra } = ask;
      checkTarget(known, redirectsTo, 0);
      const id = unit.newId('hostnames');
      const owner = { id, accountId: actor.accountId, dialect: parts.dialect, websiteId, uid };
      const proof = { verificationToken: newToken(parts), verifiedAt: null, ...NOTHING_INSTALLED };
      return { ...owner, name: names[index] as string, isPrimary, redirectsTo, ...proof, extra, createdAt };
    });
    const primary = added.findLast((one) => one.isPrimary);
    if (primary !== undefined) await demote(unit, known);
    for (const one of added) unit.insert('hostnames', { ...one, isPrimary: one === primary });
    note(unit, actor, 'hostname.added', `website:${websiteId}`, { names }, createdAt);
    return added.map((one) => ({ ...one, isPrimary: one === primary }));
  });
}

function refuseKnown(known: readonly Hostname[], names: readonly string[]): void {
  const twin = known.find(({ name }) => names.includes(name));
  if (twin === undefined) return;
  throw new DeskError('already-exists', `The website has the name ${twin.name}`, { field: 'name', value: twin.name });
}

/** A redirect leads to a name of the same website that answers by itself. */
function checkTarget(known: readonly Hostname[], redirectsTo: number | null, own: number): void {
  if (redirectsTo === null) return;
  const target = known.find(({ id }) => id === redirectsTo);
  if (target === undefined || target.id === own) throw invalidValue('redirectsTo', 'is no other name of the website');
  if (target.redirectsTo !== null) throw invalidValue('redirectsTo', `${target.name} redirects itself`, target.name);
}

async function demote(unit: Unit, known: readonly Hostname[]): Promise<void> {
  for (const { id, isPrimary } of known) if (isPrimary) await unit.update('hostnames', id, { isPrimary: false });
}

/** @throws DeskError `not-found`, `invalid-value` for a redirect that leads nowhere, or of the primary name */
export async function changeHostname(
  parts: WebsiteParts,
  actor: Actor,
  hostnameId: number,
  changes: Parameters<Hosting['changeHostname']>[2],
): Promise<Hostname> {
  return parts.store.transact(async (unit) => {
    const { websiteId } = await ownHostname(unit, parts, actor, hostnameId);
    await lockWebsite(unit, await ownWebsite(unit, parts, actor, websiteId));
    const known = await unit.find('hostnames', { websiteId });
    const before = known.find(({ id }) => id === hostnameId) ?? (await ownHostname(unit, parts, actor, hostnameId));
    const { isPrimary = before.isPrimary, redirectsTo = before.redirectsTo } = changes;
    const extra = typeof changes.extra === 'function' ? changes.extra(before.extra) : (changes.extra ?? before.extra);
    if (redirectsTo !== null && redirectsTo !== before.redirectsTo) {
      checkTarget(known, redirectsTo, hostnameId);
      const follower = known.find((one) => one.redirectsTo === hostnameId);
      if (follower !== undefined) throw invalidValue('redirectsTo', `${follower.name} redirects to it`, follower.name);
    }
    if (isPrimary && redirectsTo !== null) throw invalidValue('isPrimary', 'A name that redirects is not primary');
    if (isPrimary && !before.isPrimary) await demote(unit, known);
    const written = { isPrimary, redirectsTo, extra };
    await unit.update('hostnames', hostnameId, written);
    const details = { name: before.name, isPrimary, redirectsTo };
    note(unit, actor, 'hostname.changed', `hostname:${hostnameId}`, details, parts.clock.now());
    return { ...before, ...written };
  });
}

/** Redirects to it end. @throws DeskError `not-found` */
export async function deleteHostname(parts: WebsiteParts, actor: Actor, hostnameId: number): Promise<void> {
  await parts.store.transact(async (unit) => {
    const { websiteId, name } = await ownHostname(unit, parts, actor, hostnameId);
    await lockWebsite(unit, await ownWebsite(unit, parts, actor, websiteId));
    for (const { id } of await unit.find('hostnames', { websiteId, redirectsTo: hostnameId })) {
      await unit.update('hostnames', id, { redirectsTo: null });
    }
    await unit.delete('hostnames', hostnameId);
    note(unit, actor, 'hostname.deleted', `hostname:${hostnameId}`, { name }, parts.clock.now());
  });
}
