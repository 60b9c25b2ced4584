import type { Hostname, Website } from '../../core/records.ts';
import { type Call, CallFailure } from './call.ts';
import { DIALECT } from './world.ts';

/** Websites of the account, which here are virtual hosts. */

const MOST = 10_000;

export interface VirtualHost {
  website: Website;
  /** The primary one first, then as they were added. */
  hostnames: Hostname[];
}

export async function virtualHosts({ actor, world }: Pick<Call, 'actor' | 'world'>): Promise<VirtualHost[]> {
  const where = { accountId: actor.accountId, dialect: DIALECT };
  const [websites, hostnames] = await Promise.all([
    world.store.find('websites', where, { limit: MOST }),
    world.store.find('hostnames', where, { limit: MOST }),
  ]);
  const bySite = Map.groupBy(hostnames, ({ websiteId }) => websiteId);
  return websites.map((website) => ({ website, hostnames: primaryFirst(bySite.get(website.id) ?? []) }));
}

function primaryFirst(hostnames: readonly Hostname[]): Hostname[] {
  return [...hostnames].sort((a, b) => Number(b.isPrimary) - Number(a.isPrimary) || a.id - b.id);
}

/** Its main name: the primary hostname, the first one, or the website's own name. */
export function serverName({ website, hostnames }: VirtualHost): string {
  return hostnames[0]?.name ?? website.name;
}

/** Every name that the account serves. */
export async function accountNames(call: Pick<Call, 'actor' | 'world'>): Promise<string[]> {
  return (await virtualHosts(call)).flatMap(({ hostnames }) => hostnames.map(({ name }) => name));
}

/** The virtual host of the account that serves a name. @throws CallFailure, DeskError `invalid-value` */
export async function hostOf(call: Call, domain: string): Promise<{ host: VirtualHost; domain: string }> {
  const name = call.world.names.normalise(domain, 'domain');
  const hosts = await virtualHosts(call);
  const host = hosts.find(({ hostnames }) => hostnames.some((one) => one.name === name));
  if (host !== undefined) return { host, domain: name };
  throw new CallFailure(`The user “${call.actor.handle}” does not own the domain “${name}”.`);
}

/** Address of the server, as the website's record has it. */
export function addressOf({ website }: VirtualHost): string {
  return typeof website.extra.ip === 'string' ? website.extra.ip : '127.0.0.1';
}

/** Folder that the website is served from, as its record has it. */
export function documentRoot({ website }: VirtualHost, user: string): string {
  return typeof website.extra.docroot === 'string' ? website.extra.docroot : `/home/${user}/public_html`;
}
