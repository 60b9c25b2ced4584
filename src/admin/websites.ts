import type { Actor } from '../core/desk.ts';
import { invalidValue, notFound } from '../core/errors.ts';
import type { Account, Hostname, Website } from '../core/records.ts';
import { accountByHandle } from './accounts.ts';
import type { Office } from './office.ts';

export interface NewWebsite {
  /** Handle of the account. */
  account: string;
  /** Name of a dialect of a hosting platform. */
  dialect: string;
  name: string;
  /** Of the group to which it belongs, by name; made where the account has none of that name. */
  group?: string | null;
  /** The first one is the primary name. */
  hostnames?: readonly string[];
  /** Whether the operator vouches for the names: nothing has to be published for them. */
  proved?: boolean;
}

export interface WebsiteView {
  website: Website;
  hostnames: Hostname[];
}

/**
 * Makes a website with its names for an account.
 * @throws DeskError `not-found` for the account, `already-exists` for the website's name, `invalid-value`
 */
export async function createWebsite(office: Office, ask: NewWebsite, by: string): Promise<WebsiteView> {
  const { dialect, name, group = null, hostnames = [], proved = false } = ask;
  const platforms = office.dialects.filter((one) => one.hosting !== undefined).map((one) => one.name);
  if (!platforms.includes(dialect)) throw invalidValue('dialect', `Must be one of ${platforms.join(', ')}`, dialect);
  const account = await accountByHandle(office.store, ask.account);
  const actor = operatorFor(account, by);
  const groupId = group === null ? null : await groupNamed(office, actor, dialect, group);
  const hosting = office.hosting(dialect);
  const website = await hosting.createWebsite(actor, { name, groupId, extra: {} });
  try {
    return { website, hostnames: await addHostnames(office, website.id, { hostnames, proved }, by) };
  } catch (error) {
    // A website without its names is not what was asked for.
    await hosting.deleteWebsite(actor, website.id);
    throw error;
  }
}

async function groupNamed(office: Office, actor: Actor, dialect: string, name: string): Promise<number> {
  const { accountId } = actor;
  const [known] = await office.store.find('websiteGroups', { accountId, dialect, name }, { limit: 1 });
  return known?.id ?? (await office.hosting(dialect).createGroup(actor, { name, extra: {} })).id;
}

/** The first becomes primary where the website has no names yet. @throws DeskError `not-found`, `invalid-value`, `already-exists` */
export async function addHostnames(
  office: Office,
  websiteId: number,
  { hostnames, proved }: { hostnames: readonly string[]; proved: boolean },
  by: string,
): Promise<Hostname[]> {
  const { website, actor } = await websiteOf(office, websiteId, by);
  const hosting = office.hosting(website.dialect);
  const [known] = await office.store.find('hostnames', { websiteId }, { limit: 1 });
  const asks = hostnames.map((name, index) => ({ name, isPrimary: index === 0 && known === undefined, extra: {} }));
  const added = await hosting.addHostnames(actor, websiteId, asks);
  return proved ? Promise.all(added.map(({ id }) => hosting.vouchFor(actor, id))) : added;
}

/** With its names. @throws DeskError `not-found` */
export async function deleteWebsite(office: Office, websiteId: number, by: string): Promise<Website> {
  const { website, actor } = await websiteOf(office, websiteId, by);
  await office.hosting(website.dialect).deleteWebsite(actor, websiteId);
  return website;
}

/** Says that the account controls the name, in place of a TXT record. @throws DeskError `not-found` */
export async function vouchForHostname(office: Office, hostnameId: number, by: string): Promise<Hostname> {
  const { hostname, actor } = await hostnameOf(office, hostnameId, by);
  return office.hosting(hostname.dialect).vouchFor(actor, hostnameId);
}

/** @throws DeskError `not-found` */
export async function deleteHostname(office: Office, hostnameId: number, by: string): Promise<Hostname> {
  const { hostname, actor } = await hostnameOf(office, hostnameId, by);
  await office.hosting(hostname.dialect).deleteHostname(actor, hostnameId);
  return hostname;
}

async function websiteOf(office: Office, id: number, by: string): Promise<{ website: Website; actor: Actor }> {
  const website = await office.store.get('websites', id);
  const account = website === null ? null : await office.store.get('accounts', website.accountId);
  if (website === null || account === null) throw notFound(`Website ${id}`);
  return { website, actor: operatorFor(account, by) };
}

async function hostnameOf(office: Office, id: number, by: string): Promise<{ hostname: Hostname; actor: Actor }> {
  const hostname = await office.store.get('hostnames', id);
  const account = hostname === null ? null : await office.store.get('accounts', hostname.accountId);
  if (hostname === null || account === null) throw notFound(`Hostname ${id}`);
  return { hostname, actor: operatorFor(account, by) };
}

/** Acts within the account, on the audit trail as the operator. */
function operatorFor({ id: accountId, currency }: Account, by: string): Actor {
  const nobody = { userId: null, userRole: null, handle: '' };
  return { accountId, currency, ...nobody, userName: `operator:${by}`, role: 'admin' };
}
