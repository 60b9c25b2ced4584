import { z } from 'zod';
import { notFound } from '../../core/errors.ts';
import { may } from '../../core/permissions.ts';
import { read, type Call } from './endpoint.ts';
import { unknownObject } from './errors.ts';
import { PERMISSIONS } from './roles.ts';

export const account = z.strictObject({
  id: z.int().positive(),
  primary_organization_id: z.int().positive().optional(),
  primary_organization_name: z.string(),
  primary_organization_country: z.string().optional(),
  make_renewal_calls: z.boolean(),
  express_install_enabled: z.boolean(),
  display_rep: z.boolean(),
  rep_photo_id: z.int(),
  balance_negative_limit: z.int(),
  root_container_id: z.int().positive(),
  cert_transparency: z.enum(['embed', 'off']),
  cert_central_type: z.literal('enterprise'),
  billing_account_id: z.int().positive(),
  billing_account_name: z.string(),
  language_id: z.int(),
  migrated: z.boolean(),
  has_auth_key: z.boolean(),
  client_mgr_photo_id: z.int(),
  ent_support_plan: z.string(),
  default_country: z.string().optional(),
});

export const accountInfo = read({
  path: '/account',
  summary: 'Show the account of the key',
  answers: { 200: account },
  async handle(world, { actor }) {
    const { store, registry } = world.context;
    const found = await store.get('accounts', actor.accountId);
    if (found === null) throw notFound(`Account ${actor.accountId}`);
    const root = await registry.people.rootContainer(actor);
    const [primary] = await store.find('organizations', { accountId: found.id, active: true }, { limit: 1 });
    const country = primary?.subject.country?.toLowerCase();
    return {
      status: 200,
      json: {
        id: found.id,
        ...(primary === undefined ? {} : { primary_organization_id: primary.id }),
        primary_organization_name: primary?.name ?? found.name,
        ...(country === undefined ? {} : { primary_organization_country: country }),
        make_renewal_calls: false,
        express_install_enabled: false,
        display_rep: false,
        rep_photo_id: 0,
        balance_negative_limit: 0,
        root_container_id: root.id,
        cert_transparency: 'off',
        cert_central_type: 'enterprise',
        billing_account_id: found.id,
        billing_account_name: found.name,
        language_id: 1,
        migrated: false,
        has_auth_key: false,
        client_mgr_photo_id: 0,
        ent_support_plan: '1',
        ...(country === undefined ? {} : { default_country: country }),
      },
    };
  },
});

const authorization = z.strictObject({ authorized: z.boolean(), permission: z.string() });

export const listAuthorizations = read({
  path: '/authorization',
  summary: 'List what the key may do',
  answers: { 200: z.strictObject({ authorizations: z.array(authorization) }) },
  handle: async (_world, { actor }) => ({
    status: 200,
    json: {
      authorizations: Object.entries(PERMISSIONS).map(([permission, needed]) => {
        return { authorized: may(actor, needed), permission };
      }),
    },
  }),
});

export const checkAuthorization = read({
  path: '/authorization/:permission',
  summary: 'Tell whether the key may do one thing',
  answers: { 200: authorization },
  async handle(_world, { actor, params }: Call) {
    const permission = params['permission'] ?? '';
    const needed = Object.hasOwn(PERMISSIONS, permission) ? PERMISSIONS[permission] : undefined;
    if (needed === undefined) throw unknownObject('permission');
    return { status: 200, json: { authorized: may(actor, needed), permission } };
  },
});

export const ping = read({
  path: '/ping',
  summary: 'Tell whether the key is good',
  answers: { 200: z.strictObject({ data: z.literal('Pong!') }) },
  handle: async () => ({ status: 200, json: { data: 'Pong!' } }),
});
