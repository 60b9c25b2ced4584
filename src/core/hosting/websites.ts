import type { Actor } from '../desk.ts';
import { DeskError } from '../errors.ts';
import type { Hosting, NewWebsite } from '../hosting.ts';
import type { Website, WebsiteGroup } from '../records.ts';
import { checkedText } from '../registry/checked.ts';
import { note } from '../registry/note.ts';
import type { Unit } from '../store.ts';
import { type WebsiteParts, newUid, ownGroup, ownWebsite } from './own.ts';

/** @throws DeskError `invalid-value`, `already-exists` for the uid */
export async function createGroup(
  parts: WebsiteParts,
  actor: Actor,
  ask: Parameters<Hosting['createGroup']>[1],
): Promise<WebsiteGroup> {
  const { dialect, clock, store } = parts;
  const name = checkedText('name', ask.name);
  const uid = checkedText('uid', ask.uid ?? newUid(parts), 100);
  const { accountId } = actor;
  return store.transact(async (unit) => {
    const createdAt = clock.now();
    const id = unit.newId('websiteGroups');
    const group: WebsiteGroup = { id, accountId, dialect, uid, name, extra: ask.extra, createdAt };
    unit.insert('websiteGroups', group);
    note(unit, actor, 'website-group.created', `website-group:${id}`, { dialect, name }, createdAt);
    return group;
  });
}

/** @throws DeskError `not-found`, `invalid-value` */
export async function changeGroup(
  parts: WebsiteParts,
  actor: Actor,
  groupId: number,
  changes: Parameters<Hosting['changeGroup']>[2],
): Promise<WebsiteGroup> {
  return parts.store.transact(async (unit) => {
    const before = await ownGroup(unit, parts, actor, groupId);
    const { name = before.name, extra = before.extra } = changes;
    const written = { name: checkedText('name', name), extra };
    await unit.update('websiteGroups', groupId, written);
    note(unit, actor, 'website-group.changed', `website-group:${groupId}`, { name }, parts.clock.now());
    return { ...before, ...written };
  });
}

/** @throws DeskError `not-found` */
export async function deleteGroup(parts: WebsiteParts, actor: Actor, groupId: number): Promise<void> {
  await parts.store.transact(async (unit) => {
    const group = await ownGroup(unit, parts, actor, groupId);
    for (const website of await unit.find('websites', { groupId })) await removeWebsite(unit, parts, actor, website);
    await unit.delete('websiteGroups', groupId);
    const { name } = group;
    note(unit, actor, 'website-group.deleted', `website-group:${groupId}`, { name }, parts.clock.now());
  });
}

/** @throws DeskError `not-found` for the group, `already-exists` for name or uid, `invalid-value` */
export async function createWebsite(parts: WebsiteParts, actor: Actor, ask: NewWebsite): Promise<Website> {
  const { dialect, clock, store } = parts;
  const name = checkedText('name', ask.name);
  const uid = checkedText('uid', ask.uid ?? newUid(parts), 100);
  return store.transact(async (unit) => {
    const createdAt = clock.now();
    if (ask.groupId !== null) await ownGroup(unit, parts, actor, ask.groupId);
    const [taken] = await unit.find('websites', { dialect, name });
    if (taken !== undefined) throw new DeskError('already-exists', `The website ${name} exists`, { field: 'name' });
    const id = unit.newId('websites');
    const website: Website = {
      id,
      accountId: actor.accountId,
      dialect,
      groupId: ask.groupId,
      uid,
      name,
      ...NOTHING_INSTALLED,
      extra: ask.extra,
      createdAt,
    };
    unit.insert('websites', website);
    note(unit, actor, 'website.created', `website:${id}`, { dialect, name, group: ask.groupId }, createdAt);
    return website;
  });
}

export const NOTHING_INSTALLED = { certificatePem: null, keyId: null, certificateId: null, installedAt: null } as const;

/** @throws DeskError `not-found` */
export async function changeWebsite(
  parts: WebsiteParts,
  actor: Actor,
  websiteId: number,
  changes: Parameters<Hosting['changeWebsite']>[2],
): Promise<Website> {
  return parts.store.transact(async (unit) => {
    const before = await ownWebsite(unit, parts, actor, websiteId);
    const { groupId = before.groupId, extra = before.extra } = changes;
    if (groupId !== null) await ownGroup(unit, parts, actor, groupId);
    await unit.update('websites', websiteId, { groupId, extra });
    note(unit, actor, 'website.changed', `website:${websiteId}`, { group: groupId }, parts.clock.now());
    return { ...before, groupId, extra };
  });
}

/** @throws DeskError `not-found` */
export async function deleteWebsite(parts: WebsiteParts, actor: Actor, websiteId: number): Promise<void> {
  await parts.store.transact(async (unit) => {
    await removeWebsite(unit, parts, actor, await ownWebsite(unit, parts, actor, websiteId));
  });
}

async function removeWebsite(unit: Unit, parts: WebsiteParts, actor: Actor, website: Website): Promise<void> {
  const hostnames = await unit.find('hostnames', { websiteId: website.id });
  for (const { id } of hostnames) await unit.delete('hostnames', id);
  await unit.delete('websites', website.id);
  const details = { name: website.name, hostnames: hostnames.map(({ name }) => name) };
  note(unit, actor, 'website.deleted', `website:${website.id}`, details, parts.clock.now());
}
