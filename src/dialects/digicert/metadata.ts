import { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import type { CustomField } from '../../core/records.ts';
import { made } from './account-answers.ts';
import { accept, act, idOf, read, type Call } from './endpoint.ts';
import { unknownObject } from './errors.ts';
import { flag, list, text, word } from './fields.ts';
import type { World } from './world.ts';

const DATA_TYPES = ['text', 'int', 'email_address', 'email_list'] as const;
type VendorType = (typeof DATA_TYPES)[number];

const CORE_TYPES: Readonly<Record<VendorType, CustomField['dataType']>> = {
  text: 'text',
  int: 'int',
  email_address: 'email',
  email_list: 'email-list',
};

const field = z.strictObject({
  id: z.int().positive(),
  label: z.string(),
  is_required: z.boolean(),
  is_active: z.boolean(),
  data_type: z.enum(DATA_TYPES).optional(),
});

/** `{}` where there is none. */
export const metadataList = z.strictObject({ metadata: z.array(field).min(1).optional() });

const members = {
  label: text(100),
  is_required: flag.optional(),
  is_active: flag.optional(),
  // `anything` is what the vendor's console calls a field without a type.
  data_type: word([...DATA_TYPES, 'anything']).optional(),
};
type Members = z.infer<z.ZodObject<typeof members>>;

export const listFields = read({
  path: '/account/metadata',
  summary: 'List the custom fields of orders',
  answers: { 200: metadataList },
  async handle(world, { actor }) {
    const all = await world.context.store.find('customFields', { accountId: actor.accountId });
    const shown = all.filter(({ state }) => state !== 'deleted').map(render);
    return { status: 200, json: shown.length === 0 ? {} : { metadata: shown } };
  },
});

export const createField = accept({
  method: 'POST',
  path: '/account/metadata',
  summary: 'Add a custom field',
  permission: 'settings',
  body: z.object(members),
  answers: { 201: made },
  handle: async (world, { actor, body }) => ({ status: 201, json: { id: (await add(world, actor, body)).id } }),
});

export const createFields = accept({
  method: 'POST',
  path: '/account/metadata/bulk',
  summary: 'Add several custom fields',
  permission: 'settings',
  body: z.object({ metadata: list(z.object(members), 100) }),
  answers: { 201: z.strictObject({ metadata: z.array(field) }) },
  async handle(world, { actor, body }) {
    const added: CustomField[] = [];
    for (const one of body.metadata) added.push(await add(world, actor, one));
    return { status: 201, json: { metadata: added.map(render) } };
  },
});

export const updateField = accept({
  method: 'PUT',
  path: '/account/metadata/:metadataId',
  summary: 'Change a custom field',
  permission: 'settings',
  body: z.object(members).partial(),
  answers: { 204: null },
  async handle(world, call) {
    const { label, is_required: required, is_active: active, data_type: type } = call.body;
    const { id } = await inPath(world, call);
    await world.context.registry.people.changeField(call.actor, id, {
      ...(label === undefined ? {} : { label }),
      ...(required === undefined ? {} : { required }),
      ...(active === undefined ? {} : { state: active ? 'active' : 'inactive' }),
      ...(type === undefined ? {} : { dataType: typeOf(type) }),
    });
    return { status: 204 };
  },
});

export const deleteField = act({
  method: 'DELETE',
  path: '/account/metadata/:metadataId',
  summary: 'Delete a custom field; orders keep what they hold',
  permission: 'settings',
  answers: { 204: null },
  async handle(world, call) {
    const { id } = await inPath(world, call);
    await world.context.registry.people.changeField(call.actor, id, { state: 'deleted' });
    return { status: 204 };
  },
});

async function add(world: World, actor: Actor, members_: Members): Promise<CustomField> {
  const { people } = world.context.registry;
  const { label, is_required: required = false, is_active: active = true, data_type: type } = members_;
  const added = await people.createField(actor, { label, required, dataType: typeOf(type) });
  return active ? added : people.changeField(actor, added.id, { state: 'inactive' });
}

function typeOf(type: Members['data_type']): CustomField['dataType'] {
  return type === undefined || type === 'anything' ? 'any' : CORE_TYPES[type];
}

function render({ id, label, required, state, dataType }: CustomField): z.infer<typeof field> {
  const type = DATA_TYPES.find((one) => CORE_TYPES[one] === dataType);
  const shown = { id, label, is_required: required, is_active: state === 'active' };
  return type === undefined ? shown : { ...shown, data_type: type };
}

async function inPath(world: World, call: Call): Promise<CustomField> {
  const found = await world.context.store.get('customFields', idOf(call, 'metadataId', 'metadata'));
  if (found === null || found.accountId !== call.actor.accountId || found.state === 'deleted') {
    throw unknownObject('metadata');
  }
  return found;
}
