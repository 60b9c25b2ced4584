import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import type { Store } from '../../../src/core/store.ts';
import { cpanel } from '../../../src/dialects/cpanel/plugin.ts';
import { newPassword } from '../../../src/dialects/cpanel/secrets.ts';
import { hashSecret } from '../../../src/http/authenticate.ts';
import { createTestDesk, type TestDesk, type TestDeskOptions } from '../../support/desk.ts';
import { type Json, type Reply, send } from '../send.ts';

export type { Json };

/** Values of a call's parameters; a list stands for a repeated one. */
export type Arguments = Readonly<Record<string, string | number | readonly (string | number)[]>>;

/** Calls as a client of the API makes them. Every answer of a function is held against the rules of its envelope. */
export interface Client {
  desk: TestDesk;
  user: string;
  token: string;
  /** `GET /execute/Module/func`. */
  call(name: `${string}::${string}`, args?: Arguments): Promise<Json>;
  /** The same, where it must succeed: its data. */
  data(name: `${string}::${string}`, args?: Arguments): Promise<Json>;
  /** The same, where it must not: its errors. */
  errors(name: `${string}::${string}`, args?: Arguments): Promise<string[]>;
  raw(options: InjectOptions): Promise<Reply>;
  /** As another user. */
  as(user: string, token: string): Client;
}

export async function openClient(store: Store, options: TestDeskOptions = {}): Promise<Client> {
  const desk = await createTestDesk(store, cpanel, options);
  return clientOf(desk, desk.actor.handle, desk.secret);
}

function clientOf(desk: TestDesk, user: string, token: string): Client {
  const raw = (options: InjectOptions): Promise<Reply> =>
    send(desk, { authorization: `cpanel ${user}:${token}` }, options);
  const call: Client['call'] = async (name, args = {}) => {
    const reply = await raw({ url: `/execute/${name.replace('::', '/')}?${queryOf(args)}` });
    assert.equal(reply.status, 200, reply.text);
    holdAgainstRules(reply.json);
    return reply.json;
  };
  return {
    desk,
    user,
    token,
    raw,
    call,
    data: async (name, args) => {
      const result = await call(name, args);
      assert.equal(result.status, 1, JSON.stringify(result));
      return result.data;
    },
    errors: async (name, args) => {
      const result = await call(name, args);
      assert.equal(result.status, 0, JSON.stringify(result));
      return result.errors;
    },
    as: (other, secret) => clientOf(desk, other, secret),
  };
}

export function queryOf(args: Arguments): string {
  const pairs = Object.entries(args).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly (string | number)[]) : [value as string | number]).map((one) => [
      name,
      String(one),
    ]),
  );
  return new URLSearchParams(pairs).toString();
}

const KEYS = ['data', 'errors', 'messages', 'metadata', 'status', 'warnings'];

/** What clients rely on: all keys, null for empty lists of texts, an object of metadata. */
export function holdAgainstRules(result: Json): void {
  const text = JSON.stringify(result);
  assert.deepEqual(Object.keys(result).toSorted(), KEYS, text);
  assert.ok(result.status === 0 || result.status === 1, text);
  assert.equal(result.errors === null, result.status === 1, text);
  for (const list of [result.errors, result.messages, result.warnings]) {
    if (list !== null)
      assert.ok(Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string'));
  }
  assert.ok(result.metadata !== null && typeof result.metadata === 'object' && !Array.isArray(result.metadata), text);
}

/** A password of the client's user. */
export async function addPassword({ desk }: Client, handle = desk.actor.handle): Promise<string> {
  const password = newPassword(desk.engine.random);
  const [account] = await desk.store.find('accounts', { handle });
  assert.ok(account);
  await addCredential(desk, account.id, 'cpanel', password);
  return password;
}

/** A key of the operator's. */
export async function addOperator({ desk }: Client): Promise<string> {
  const key = `chancery_admin_${Buffer.from(desk.engine.random.bytes(32)).toString('base64url')}`;
  await addCredential(desk, desk.actor.accountId, 'admin', key);
  return key;
}

async function addCredential({ store, clock }: TestDesk, accountId: number, dialect: string, secret: string) {
  await store.transact(async (unit) => {
    unit.insert('credentials', {
      id: unit.newId('credentials'),
      accountId,
      dialect,
      userName: 'ada',
      userId: null,
      role: 'admin',
      label: null,
      secretHash: hashSecret(secret),
      createdAt: clock.now(),
      expiresAt: null,
      revokedAt: null,
    });
  });
}
