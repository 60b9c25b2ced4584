import { DeskError } from '../../core/errors.ts';
import type { Website } from '../../core/records.ts';
import { accountUid, isOwnAccount } from './account-ids.ts';
import { forbidAccount, passesAccountFilter } from './accounts.ts';
import * as answers from './answers.ts';
import { accept, act, type Call, type Endpoint, read } from './endpoint.ts';
import { badField } from './errors.ts';
import { environmentOf } from './installs-view.ts';
import { PAGED, pageAnswer, pageOf } from './paging.ts';
import { cnameOf, installOf, listed, siteOf } from './records.ts';
import * as schemas from './schemas.ts';
import { leaveWebsites } from './stop-renewals.ts';
import { BASE, type World } from './world.ts';

const RESOURCE = 'Install';

export const INSTALLS: readonly Endpoint[] = [
  read({
    path: '/installs',
    summary: 'Installs of the account',
    query: { ...PAGED, account_id: 'Only those of this account' },
    answers: { 200: answers.pageOf(answers.installInList) },
    handle: async (world, call) => {
      const page = pageOf(call.query);
      const path = `${BASE}/installs`;
      if (!passesAccountFilter(call)) {
        return { status: 200, json: pageAnswer(call, path, page, { count: 0, results: [] }) };
      }
      const { count, records } = await listed(world, call.actor, 'websites', page);
      const results = await installsView(world, call, records);
      return { status: 200, json: pageAnswer(call, path, page, { count, results }) };
    },
  }),
  accept({
    method: 'POST',
    path: '/installs',
    summary: 'A new install',
    body: { schema: schemas.newInstall, resource: RESOURCE },
    answers: { 201: answers.install },
    handle: async (world, call) => {
      const { name, account_id: account, site_id: site, environment = null } = call.body;
      if (!isOwnAccount(call.actor, account)) throw forbidAccount();
      const groupId = site === undefined ? null : await siteNamed(world, call, site);
      const extra = environment === null ? {} : { environment };
      const install = await world.hosting.createWebsite(call.actor, { name, groupId, extra });
      return { status: 201, json: await installView(world, call, install) };
    },
  }),
  read({
    path: '/installs/:install_id',
    summary: 'One install',
    answers: { 200: answers.install },
    handle: async (world, call) => {
      return { status: 200, json: await installView(world, call, await installOf(world, call)) };
    },
  }),
  accept({
    method: 'PATCH',
    path: '/installs/:install_id',
    summary: 'Moves an install to another site or environment',
    body: { schema: schemas.changedInstall, resource: RESOURCE },
    answers: { 200: answers.install },
    handle: async (world, call) => {
      const install = await installOf(world, call);
      const { site_id: site, environment } = call.body;
      const groupId = site === undefined ? install.groupId : await siteNamed(world, call, site);
      const extra = environment === undefined ? install.extra : { ...install.extra, environment };
      const changed = await world.hosting.changeWebsite(call.actor, install.id, { groupId, extra });
      return { status: 200, json: await installView(world, call, changed) };
    },
  }),
  act({
    method: 'DELETE',
    path: '/installs/:install_id',
    summary: 'Ends an install with its domains',
    answers: { 204: null },
    handle: async (world, call) => {
      const install = await installOf(world, call);
      await leaveWebsites(world, call.actor, [install]);
      await world.hosting.deleteWebsite(call.actor, install.id);
      return { status: 204 };
    },
  }),
];

/** The site in a body, which is a mistake of the field where there is none. @throws BadRequest */
async function siteNamed(world: World, { actor }: Pick<Call, 'actor'>, uid: string): Promise<number> {
  try {
    return (await siteOf(world, actor, uid)).id;
  } catch (error) {
    if (!(error instanceof DeskError) || error.kind !== 'not-found') throw error;
    throw badField(RESOURCE, 'site_id', 'site_id is no site of the account');
  }
}

async function installView(world: World, call: Pick<Call, 'actor'>, install: Website) {
  const [view] = await installsView(world, call, [install]);
  return { ...view, wp_version: null, defer_wordpress_upgrades_until: null };
}

async function installsView(world: World, { actor }: Pick<Call, 'actor'>, installs: readonly Website[]) {
  const groupIds = [...new Set(installs.flatMap(({ groupId }) => groupId ?? []))];
  const sites = groupIds.length === 0 ? [] : await world.store.find('websiteGroups', { id: groupIds });
  const websiteId = installs.map(({ id }) => id);
  const primaries = websiteId.length === 0 ? [] : await world.store.find('hostnames', { websiteId, isPrimary: true });
  return installs.map((install) => {
    const site = sites.find(({ id }) => id === install.groupId);
    const cname = cnameOf(world, install);
    return {
      id: install.uid,
      name: install.name,
      cname,
      stable_ips: null,
      status: 'active',
      account: { id: accountUid(actor) },
      php_version: null,
      site: site === undefined ? null : { id: site.uid },
      environment: environmentOf(install),
      primary_domain: primaries.find((one) => one.websiteId === install.id)?.name ?? cname,
      is_multisite: false,
      created_at: new Date(install.createdAt).toISOString(),
    };
  });
}
