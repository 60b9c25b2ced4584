import { againOnConflict } from '../../../core/again.ts';
import type { Actor } from '../../../core/desk.ts';
import { demand } from '../../../core/permissions.ts';
import type { Credential } from '../../../core/records.ts';
import { note } from '../../../core/registry/note.ts';
import type { Reader } from '../../../core/store.ts';
import { SECOND } from '../../../core/time.ts';
import { hashSecret } from '../../../http/authenticate.ts';
import { type Answer, type Call, CallFailure, type UapiModule } from '../call.ts';
import { newToken } from '../secrets.ts';
import { seconds } from '../ssl/records.ts';
import { DIALECT } from '../world.ts';

/** API tokens: real keys of the account, which may do what the caller may. */

export const tokens: UapiModule = {
  create_full_access: createFullAccess,
  list: listTokens,
  rename: renameToken,
  revoke: revokeToken,
};

/** In front of the label of those that were made here. */
const PREFIX = 'token:';
const MOST_TOKENS = 100;

/** What it is called: those that the operator made have no name, and get one by their id. */
function nameOf({ id, label }: Credential): string {
  return label?.startsWith(PREFIX) === true ? label.slice(PREFIX.length) : `token-${id}`;
}

/** Passwords are keys of the account too, and no tokens. */
async function tokensOf({ store }: { store: Pick<Reader, 'find'> }, { accountId }: Actor): Promise<Credential[]> {
  const keys = await store.find('credentials', { accountId, dialect: DIALECT, revokedAt: null });
  return keys.filter(({ label }) => label !== 'password');
}

async function createFullAccess({ actor, world, parameters }: Call): Promise<Answer> {
  demand(actor, 'order');
  const name = checkedName(parameters.required('name'));
  const until = parameters.integer('expires_at');
  const now = world.clock.now();
  const expiresAt = until === undefined || until === 0 ? null : until * SECOND;
  if (expiresAt !== null && (expiresAt <= now || expiresAt > LATEST)) {
    throw new CallFailure('The “expires_at” argument must be a time in the future.');
  }
  const token = newToken(world.random);
  await world.store.transact(async (unit) => {
    const known = await tokensOf({ store: unit }, actor);
    refuseTaken(known, name);
    if (known.length >= MOST_TOKENS) throw new CallFailure(`There are already ${MOST_TOKENS} API tokens.`);
    const id = unit.newId('credentials');
    const { accountId, userName, userId, role } = actor;
    const key = { id, accountId, dialect: DIALECT, userName, userId, role, label: `${PREFIX}${name}` };
    unit.insert('credentials', { ...key, secretHash: hashSecret(token), createdAt: now, expiresAt, revokedAt: null });
    note(unit, actor, 'key.created', `key:${id}`, { dialect: DIALECT, userName, role, label: name, expiresAt }, now);
  });
  return { data: { create_time: seconds(now), token } };
}

/** Year 2100. */
const LATEST = Date.UTC(2100, 0);

async function listTokens({ actor, world }: Call): Promise<Answer> {
  demand(actor, 'order');
  const data = (await tokensOf(world, actor)).map((key) => ({
    create_time: seconds(key.createdAt),
    expires_at: key.expiresAt === null ? null : seconds(key.expiresAt),
    features: [],
    has_full_access: 1,
    name: nameOf(key),
  }));
  return { data };
}

async function renameToken({ actor, world, parameters }: Call): Promise<Answer> {
  demand(actor, 'order');
  const name = parameters.required('name');
  const wanted = checkedName(parameters.required('new_name'));
  await againOnConflict(() =>
    world.store.transact(async (unit) => {
      const known = await tokensOf({ store: unit }, actor);
      const key = known.find((one) => nameOf(one) === name);
      if (key === undefined) throw new CallFailure(`The API token “${name}” does not exist.`);
      if (wanted === name) return;
      refuseTaken(known, wanted);
      await unit.update('credentials', key.id, { label: `${PREFIX}${wanted}` }, { revokedAt: null });
      note(unit, actor, 'key.changed', `key:${key.id}`, { label: wanted }, world.clock.now());
    }),
  );
  return { data: null };
}

/** One that does not exist counts as revoked. */
async function revokeToken({ actor, world, parameters }: Call): Promise<Answer> {
  demand(actor, 'order');
  const name = parameters.required('name');
  const revokedAt = world.clock.now();
  await againOnConflict(() =>
    world.store.transact(async (unit) => {
      const key = (await tokensOf({ store: unit }, actor)).find((one) => nameOf(one) === name);
      if (key === undefined) return;
      await unit.update('credentials', key.id, { revokedAt }, { revokedAt: null });
      note(unit, actor, 'key.revoked', `key:${key.id}`, { label: name }, revokedAt);
    }),
  );
  return { data: 1 };
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,50}$/.test(name)) return name;
  throw new CallFailure(
    'The API token name may only contain alphanumeric characters, dashes (-), and underscores (_).',
  );
}

function refuseTaken(known: readonly Credential[], name: string): void {
  if (known.some((one) => nameOf(one) === name)) throw new CallFailure(`An API token named “${name}” already exists.`);
}
