import { isIP } from 'node:net';
import type { Actor } from '../../core/desk.ts';
import { notFound } from '../../core/errors.ts';
import type { Hostname, Website, WebsiteGroup } from '../../core/records.ts';
import type { ListQuery } from '../../core/store.ts';
import type { Call } from './endpoint.ts';
import type { Page } from './paging.ts';
import { DIALECT, type World } from './world.ts';

/** Sites are groups of websites, installs are websites, domains are their hostnames; all within the caller's account. */

type Hosted = { websiteGroups: WebsiteGroup; websites: Website; hostnames: Hostname };

async function byUid<K extends keyof Hosted>(world: World, actor: Actor, kind: K, uid: string): Promise<Hosted[K]> {
  const where = { dialect: DIALECT, uid: uid.toLowerCase(), accountId: actor.accountId };
  const [found] = (await world.store.find<K>(kind, where as never, { limit: 1 })) as Hosted[K][];
  if (found === undefined) throw notFound(`${kind} ${uid}`);
  return found;
}

/** @throws DeskError `not-found` */
export function siteOf(world: World, actor: Actor, uid = ''): Promise<WebsiteGroup> {
  return byUid(world, actor, 'websiteGroups', uid);
}

/** @throws DeskError `not-found` */
export function installOf(world: World, { actor, params }: Pick<Call, 'actor' | 'params'>): Promise<Website> {
  return byUid(world, actor, 'websites', params['install_id'] ?? '');
}

/** A domain of the install in the path. @throws DeskError `not-found` */
export async function domainOf(
  world: World,
  call: Pick<Call, 'actor' | 'params'>,
): Promise<{ install: Website; domain: Hostname }> {
  const uid = call.params['domain_id'] ?? '';
  const [install, domain] = await Promise.all([installOf(world, call), byUid(world, call.actor, 'hostnames', uid)]);
  if (domain.websiteId !== install.id) throw notFound(`hostnames ${uid}`);
  return { install, domain };
}

/** Records of the caller's account on one page, oldest first, with the number of all. */
export async function listed<K extends keyof Hosted>(
  world: World,
  actor: Actor,
  kind: K,
  { limit, offset }: Page,
  filters: ListQuery<Hosted[K]>['filters'] = [],
): Promise<{ count: number; records: Hosted[K][] }> {
  const own = { field: 'dialect', op: 'eq', value: DIALECT } as never;
  const found = await world.store.list<K>(kind, {
    accountId: actor.accountId,
    filters: [own, ...(filters as never[])],
    order: [{ field: 'id' as never, descending: false }],
    limit: Math.max(1, limit),
    offset,
    count: true,
  });
  return { count: found.total ?? 0, records: limit === 0 ? [] : (found.records as Hosted[K][]) };
}

/** Where the names of an install lead: below the host under which this desk is known. */
export function cnameOf(world: World, { name }: Pick<Website, 'name'>): string {
  const { hostname } = new URL(world.publicUrl());
  const isName = isIP(hostname.replace(/^\[|\]$/g, '')) === 0;
  return `${name}.${isName ? hostname : 'localhost'}`;
}
