import { z } from 'zod';
import type { Actor, ValidationChoice } from '../../core/desk.ts';
import { invalidValue } from '../../core/errors.ts';
import { containerScope, seesContainer } from '../../core/scope.ts';
import type { Filter } from '../../core/store.ts';
import type { Domain, Organization, Validation } from '../../core/records.ts';
import {
  choiceFor,
  currentValue,
  DCV_METHODS,
  DEFAULT_DCV_METHOD,
  type DcvMethod,
  emailChoice,
  usesToken,
} from './challenges.ts';
import { homeOf } from './containers.ts';
import { dcvAsk, renderDcvAsk } from './dcv-answers.ts';
import { domain, domainList, domainMade, readDomains, renderDomain } from './domain-answers.ts';
import { accept, act, idOf, read } from './endpoint.ts';
import { unknownObject } from './errors.ts';
import { email, flag, id, list, text, word } from './fields.ts';
import {
  choiceField,
  dateField,
  flagField,
  numberField,
  textField,
  toListQuery,
  type ListFields,
} from './list-fields.ts';
import { LIST_PARAMETERS, pageOf, readFlag, readId, readListQuery } from './list-query.ts';
import { levelsAsked, ownOrganization, validationsAsked } from './organization-body.ts';
import { DIALECT, type World } from './world.ts';

const FIELDS: ListFields<Domain> = {
  id: numberField('id'),
  name: textField('name'),
  date_created: dateField('createdAt'),
  organization_id: numberField('organizationId'),
  container_id: numberField('containerId'),
  is_active: flagField('active'),
  active: flagField('active'),
  status: choiceField('active', [
    ['active', true as never],
    ['inactive', false as never],
  ]),
};

export const listDomains = read({
  path: '/domain',
  summary: 'List the kept domains',
  query: {
    ...LIST_PARAMETERS,
    container_id: 'Those of one division',
    include_validation: 'Show for what they are good',
    include_dcv: 'Show how they are proved',
  },
  answers: { 200: domainList },
  async handle(world, call) {
    const ask = readListQuery(call.query);
    const containerId = readId(call.query, 'container_id');
    const fixed: Filter<Domain>[] = [
      ...containerScope<Domain>(call.actor),
      { field: 'dialect' as const, op: 'eq' as const, value: DIALECT },
      ...(containerId === undefined ? [] : [{ field: 'containerId' as const, op: 'eq' as const, value: containerId }]),
    ];
    const query = await toListQuery(call.actor.accountId, FIELDS, ask, fixed);
    const { records, total = 0 } = await world.context.store.list('domains', query);
    const view = {
      validation: readFlag(call.query, 'include_validation'),
      dcv: readFlag(call.query, 'include_dcv'),
      whole: false,
    };
    const domains = (await readDomains(world, records)).map((one) => renderDomain(world, one, view));
    return { status: 200, json: { domains, page: pageOf(ask, total) } };
  },
});

const createBody = z.object({
  name: text(253),
  organization: z.object({ id }).optional(),
  container: z.object({ id }).optional(),
  validations: validationsAsked.optional(),
  dcv_method: word(DCV_METHODS).optional(),
  keep_www: flag.optional(),
});

export const createDomain = accept({
  method: 'POST',
  path: '/domain',
  summary: 'Keep a domain, and ask for proof of it',
  permission: 'domains',
  body: createBody,
  answers: { 201: domainMade },
  async handle(world, call) {
    const { actor, body } = call;
    const { names, registry, clock } = world.context;
    const method = body.dcv_method ?? DEFAULT_DCV_METHOD;
    const keeps = body.keep_www === true || method.startsWith('http');
    const full = names.normalise(body.name, 'name');
    if (full.startsWith('*.')) throw invalidValue('name', 'A wildcard cannot be kept; its domain can', full);
    const name = full.startsWith('www.') && !keeps ? full.slice('www.'.length) : full;
    const organization =
      body.organization === undefined ? null : await ownOrganization(world, actor, body.organization.id);
    const kept = await registry.domains.create(actor, {
      name,
      organizationId: organization?.id ?? null,
      containerId: body.container?.id ?? (await divisionOf(world, actor, organization)),
      choice: newChoice(world, method, name),
      extra: {},
    });
    const levels = levelsAsked(body.validations);
    if (organization !== null && levels.length > 0) await registry.organizations.submit(actor, organization.id, levels);
    const asked = kept.validation === null ? {} : renderDcvAsk(kept.validation, clock.now());
    return { status: 201, json: { id: kept.domain.id, ...asked } };
  },
});

export const domainInfo = read({
  path: '/domain/:domainId',
  summary: 'Show a kept domain',
  query: {
    include_validation: 'Show for what it is good',
    include_dcv: 'Show how it is proved, with its random value',
  },
  answers: { 200: domain },
  async handle(world, call) {
    const [records] = await readDomains(world, [await ownDomain(world, call.actor, idOf(call, 'domainId', 'domain'))]);
    const view = {
      validation: readFlag(call.query, 'include_validation'),
      dcv: readFlag(call.query, 'include_dcv'),
      whole: true,
    };
    if (records === undefined) throw unknownObject('domain');
    return { status: 200, json: renderDomain(world, records, view) };
  },
});

export const deleteDomain = act({
  method: 'DELETE',
  path: '/domain/:domainId',
  summary: 'Keep a domain no longer',
  permission: 'domains',
  answers: { 204: null },
  async handle(world, call) {
    const { id: domainId } = await ownDomain(world, call.actor, idOf(call, 'domainId', 'domain'));
    await world.context.registry.domains.delete(call.actor, domainId);
    return { status: 204 };
  },
});

export const activateDomain = switchDomain('activate', true);
export const deactivateDomain = switchDomain('deactivate', false);

function switchDomain(verb: 'activate' | 'deactivate', active: boolean) {
  return act({
    method: 'PUT',
    path: `/domain/:domainId/${verb}`,
    summary: active ? 'Use a kept domain again' : 'Use a kept domain no more',
    permission: 'domains',
    answers: { 204: null },
    async handle(world, call) {
      const { id: domainId } = await ownDomain(world, call.actor, idOf(call, 'domainId', 'domain'));
      await world.context.registry.domains.setActive(call.actor, domainId, active);
      return { status: 204 };
    },
  });
}

export const submitDomain = accept({
  method: 'POST',
  path: '/domain/:domainId/validation',
  summary: 'Ask for proof of a kept domain, and for the vetting of its organization',
  permission: 'domains',
  body: z.object({
    validations: validationsAsked.optional(),
    dcv_method: word(DCV_METHODS).optional(),
    email_array: list(email, 20).optional(),
  }),
  answers: { 201: dcvAsk },
  async handle(world, call) {
    const { actor, body } = call;
    const { registry, clock } = world.context;
    const kept = await ownDomain(world, actor, idOf(call, 'domainId', 'domain'));
    const method = body.dcv_method ?? DEFAULT_DCV_METHOD;
    const asked = await registry.domains.choose(actor, kept.id, newChoice(world, method, kept.name, body.email_array));
    const levels = levelsAsked(body.validations);
    if (kept.organizationId !== null && levels.length > 0) {
      await registry.organizations.submit(actor, kept.organizationId, levels);
    }
    return { status: 201, json: asked.validation === null ? {} : renderDcvAsk(asked.validation, clock.now()) };
  },
});

/** What has to be done to prove a kept domain, with a random value of its own. */
export function newChoice(world: World, method: DcvMethod, name: string, emails?: readonly string[]): ValidationChoice {
  const { random, names, clock } = world.context;
  if (!usesToken(method)) return emailChoice(name, names, { emails });
  return choiceFor(method, name, [currentValue(null, random, clock.now())]);
}

/** A kept domain of the actor's account. @throws VendorError `not_found|domain` */
export async function ownDomain(world: World, actor: Actor, domainId: number): Promise<Domain> {
  const found = await world.context.store.get('domains', domainId);
  if (found === null || found.accountId !== actor.accountId || found.dialect !== DIALECT) throw unknownObject('domain');
  if (!seesContainer(actor, found)) throw unknownObject('domain');
  return found;
}

/** That of the organization where the actor is in it, else the actor's own. */
export async function divisionOf(
  world: World,
  actor: Actor,
  organization: Pick<Organization, 'containerId'> | null,
): Promise<number> {
  const containerId = organization?.containerId ?? null;
  return containerId !== null && seesContainer(actor, { containerId }) ? containerId : homeOf(world, actor);
}

/** What is asked for now, else what was last. */
export async function currentValidation(world: World, kept: Domain): Promise<Validation | null> {
  const [records] = await readDomains(world, [kept]);
  return records?.open ?? records?.proof ?? null;
}
