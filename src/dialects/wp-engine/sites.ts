import { notFound } from '../../core/errors.ts';
import type { Website, WebsiteGroup } from '../../core/records.ts';
import { accountUid, isOwnAccount } from './account-ids.ts';
import { forbidAccount, passesAccountFilter } from './accounts.ts';
import { act, accept, type Call, type Endpoint, read } from './endpoint.ts';
import { installBrief } from './installs-view.ts';
import { PAGED, pageAnswer, pageOf } from './paging.ts';
import * as answers from './answers.ts';
import { listed, siteOf } from './records.ts';
import * as schemas from './schemas.ts';
import { leaveWebsites } from './stop-renewals.ts';
import { DIALECT, BASE, type World } from './world.ts';

const RESOURCE = 'Site';

export const SITES: readonly Endpoint[] = [
  read({
    path: '/sites',
    summary: 'Sites of the account',
    query: { ...PAGED, account_id: 'Only those of this account' },
    answers: { 200: answers.pageOf(answers.site) },
    handle: async (world, call) => {
      const page = pageOf(call.query);
      if (!passesAccountFilter(call)) {
        return { status: 200, json: pageAnswer(call, `${BASE}/sites`, page, { count: 0, results: [] }) };
      }
      const { count, records } = await listed(world, call.actor, 'websiteGroups', page);
      const results = await sitesView(world, call, records);
      return { status: 200, json: pageAnswer(call, `${BASE}/sites`, page, { count, results }) };
    },
  }),
  accept({
    method: 'POST',
    path: '/sites',
    summary: 'A new site',
    body: { schema: schemas.newSite, resource: RESOURCE },
    answers: { 201: answers.site },
    handle: async (world, call) => {
      const { name, account_id: account } = call.body;
      if (!isOwnAccount(call.actor, account)) throw forbidAccount();
      const site = await world.hosting.createGroup(call.actor, { name, extra: {} });
      return { status: 201, json: (await sitesView(world, call, [site]))[0] };
    },
  }),
  read({
    path: '/sites/:site_id',
    summary: 'One site',
    answers: { 200: answers.site },
    handle: async (world, call) => show(world, call, await siteOf(world, call.actor, call.params['site_id'])),
  }),
  accept({
    method: 'PATCH',
    path: '/sites/:site_id',
    summary: 'Renames a site',
    body: { schema: schemas.changedSite, resource: RESOURCE },
    answers: { 200: answers.site },
    handle: async (world, call) => {
      const site = await siteOf(world, call.actor, call.params['site_id']);
      const { name } = call.body;
      if (name === undefined) return show(world, call, site);
      return show(world, call, await world.hosting.changeGroup(call.actor, site.id, { name }));
    },
  }),
  act({
    method: 'DELETE',
    path: '/sites/:site_id',
    summary: 'Ends a site with its installs and their domains',
    answers: { 204: null },
    handle: async (world, { actor, params }) => {
      const site = await siteOf(world, actor, params['site_id']);
      const installs = await world.store.find('websites', { groupId: site.id, dialect: DIALECT });
      await leaveWebsites(world, actor, installs);
      await world.hosting.deleteGroup(actor, site.id);
      return { status: 204 };
    },
  }),
];

async function show(world: World, call: Call, site: WebsiteGroup) {
  const [json] = await sitesView(world, call, [site]);
  if (json === undefined) throw notFound('Site');
  return { status: 200, json };
}

async function sitesView(world: World, { actor }: Pick<Call, 'actor'>, sites: readonly WebsiteGroup[]) {
  const groupId = sites.map(({ id }) => id);
  const installs = sites.length === 0 ? [] : await world.store.find('websites', { groupId, dialect: DIALECT });
  return sites.map(({ id, uid, name, createdAt }) => ({
    id: uid,
    name,
    account: { id: accountUid(actor) },
    group_name: null,
    tags: [],
    created_at: new Date(createdAt).toISOString(),
    sandbox: false,
    transferable: false,
    installs: installs.filter((one: Website) => one.groupId === id).map((one) => installBrief(world, one)),
  }));
}
