import type { NewHostname } from '../../core/hosting.ts';
import type { Hostname, Website } from '../../core/records.ts';
import * as answers from './answers.ts';
import { addedView, domainsView } from './domains-view.ts';
import { accept, act, type Call, type Endpoint, read } from './endpoint.ts';
import { badField, BadRequest } from './errors.ts';
import { leaveDomain } from './leave-domain.ts';
import { PAGED, pageAnswer, pageOf } from './paging.ts';
import { domainOf, installOf, listed } from './records.ts';
import * as schemas from './schemas.ts';
import { BASE, type World } from './world.ts';

const RESOURCE = 'Domain';

export const DOMAINS: readonly Endpoint[] = [
  read({
    path: '/installs/:install_id/domains',
    summary: 'Domains of an install',
    query: PAGED,
    answers: { 200: answers.pageOf(answers.domain) },
    handle: async (world, call) => {
      const install = await installOf(world, call);
      const page = pageOf(call.query);
      const ofInstall = { field: 'websiteId', op: 'eq', value: install.id } as const;
      const { count, records } = await listed(world, call.actor, 'hostnames', page, [ofInstall]);
      const path = `${BASE}/installs/${install.uid}/domains`;
      const results = await domainsView(world, install, records);
      return { status: 200, json: pageAnswer(call, path, page, { count, results }) };
    },
  }),
  accept({
    method: 'POST',
    path: '/installs/:install_id/domains',
    summary: 'Lets an install serve a domain',
    body: { schema: schemas.newDomain, resource: RESOURCE },
    answers: { 201: answers.domain },
    handle: async (world, call) => {
      const install = await installOf(world, call);
      const { name, primary = false, redirect_to: target } = call.body;
      const redirectsTo = target === undefined ? null : (await targetNamed(world, install, target)).id;
      if (primary) await refusePrimary(world, { name, redirectsTo });
      const [domain] = await world.hosting.addHostnames(call.actor, install.id, [
        { name, isPrimary: primary, redirectsTo, extra: {} },
      ]);
      return { status: 201, json: await view(world, install, domain as Hostname) };
    },
  }),
  accept({
    method: 'POST',
    path: '/installs/:install_id/domains/bulk',
    summary: 'Lets an install serve up to 20 domains, all or none',
    body: { schema: schemas.newDomains, resource: RESOURCE },
    answers: { 201: answers.addedDomains },
    handle: async (world, call) => {
      const install = await installOf(world, call);
      const domains = await addMany(world, call, install, call.body.domains);
      return { status: 201, json: { domains: await addedView(world, domains) } };
    },
  }),
  read({
    path: '/installs/:install_id/domains/:domain_id',
    summary: 'One domain',
    answers: { 200: answers.domain },
    handle: async (world, call) => {
      const { install, domain } = await domainOf(world, call);
      return { status: 200, json: await view(world, install, domain) };
    },
  }),
  accept({
    method: 'PATCH',
    path: '/installs/:install_id/domains/:domain_id',
    summary: 'Makes a domain the primary one, or lets it redirect',
    body: { schema: schemas.changedDomain, resource: RESOURCE },
    answers: { 200: answers.domain },
    handle: async (world, call) => {
      const { install, domain } = await domainOf(world, call);
      const { primary, redirect_to: target, secure_all_urls: secure } = call.body;
      const redirectsTo =
        target === undefined
          ? domain.redirectsTo
          : target === 'nil'
            ? null
            : (await targetNamed(world, install, target)).id;
      if (primary === true && !domain.isPrimary) await refusePrimary(world, { ...domain, redirectsTo });
      const changed = await world.hosting.changeHostname(call.actor, domain.id, {
        redirectsTo,
        ...(primary === undefined ? {} : { isPrimary: primary }),
        ...(secure === undefined ? {} : { extra: (kept) => ({ ...kept, secureAllUrls: secure }) }),
      });
      return { status: 200, json: await view(world, install, changed) };
    },
  }),
  act({
    method: 'DELETE',
    path: '/installs/:install_id/domains/:domain_id',
    summary: 'Lets an install serve a domain no longer',
    answers: { 204: null },
    handle: async (world, call) => {
      const { install, domain } = await domainOf(world, call);
      await leaveDomain(world, call.actor, install, domain);
      return { status: 204 };
    },
  }),
];

async function view(world: World, install: Website, domain: Hostname) {
  const [json] = await domainsView(world, install, [domain]);
  return json;
}

/** A domain of the install by its id, as bodies name it. @throws BadRequest */
async function targetNamed({ store }: World, install: Website, uid: string): Promise<Hostname> {
  const [target] = await store.find('hostnames', { websiteId: install.id, uid: uid.toLowerCase() }, { limit: 1 });
  if (target === undefined) throw badField(RESOURCE, 'redirect_to', 'redirect_to is no domain of the install');
  return target;
}

/** A name that somebody else has too, a wildcard or one that redirects is never the primary one. @throws BadRequest */
async function refusePrimary(
  { store, names }: World,
  { name, id, redirectsTo }: Pick<Hostname, 'name' | 'redirectsTo'> & { id?: number },
): Promise<void> {
  const reason = async (): Promise<string | null> => {
    if (name.trim().startsWith('*.')) return 'a wildcard domain cannot be primary';
    if (redirectsTo !== null) return 'a domain that redirects cannot be primary';
    const twins = await store.find('hostnames', { dialect: 'wp-engine', name: names.normalise(name, 'name') });
    return twins.some((one) => one.id !== id) ? 'a duplicate domain cannot be primary' : null;
  };
  const message = await reason();
  if (message !== null) throw badField(RESOURCE, 'primary', message);
}

type BulkEntry = { name: string; redirect_to?: string | undefined };

/**
 * Adds domains all at once, then lets those redirect that shall. A redirect leads to a name of the install or of the
 * list.
 */
async function addMany(
  world: World,
  { actor }: Pick<Call, 'actor'>,
  install: Website,
  entries: readonly BulkEntry[],
): Promise<Hostname[]> {
  const names = entries.map(({ name }, index) => world.names.normalise(name, `domains[${index}].name`));
  const known = await world.store.find('hostnames', { websiteId: install.id });
  const reachable = new Set([...names, ...known.map(({ name }) => name)]);
  const targets = entries.map(({ redirect_to: target }, index) => {
    if (target === undefined) return null;
    const field = `domains[${index}].redirect_to`;
    const name = world.names.normalise(target, field);
    const redirects = known.some((one) => one.name === name && one.redirectsTo !== null);
    const inList = entries[names.indexOf(name)]?.redirect_to !== undefined;
    if (!reachable.has(name) || name === names[index] || redirects || inList) {
      const message = `${field} must be another domain of the install, or of the list, that does not redirect`;
      throw new BadRequest([{ resource: RESOURCE, field, type: 'invalid_value', code: 'invalid', message }]);
    }
    return name;
  });
  const asks = names.map((name): NewHostname => ({ name, extra: {} }));
  const added = await world.hosting.addHostnames(actor, install.id, asks);
  const all = [...known, ...added];
  const placed: Hostname[] = [];
  for (const [index, domain] of added.entries()) {
    const redirectsTo = all.find(({ name }) => name === targets[index])?.id;
    placed.push(
      redirectsTo === undefined ? domain : await world.hosting.changeHostname(actor, domain.id, { redirectsTo }),
    );
  }
  return placed;
}
