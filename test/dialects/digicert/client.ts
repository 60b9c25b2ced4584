import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import type { AccountSettings, Organization, Role } from '../../../src/core/records.ts';
import type { Store } from '../../../src/core/store.ts';
import type { AnswerForm } from '../../../src/dialects/digicert/endpoint.ts';
import { ENDPOINTS } from '../../../src/dialects/digicert/endpoints.ts';
import { digicert } from '../../../src/dialects/digicert/plugin.ts';
import { createTestDesk, newCsr, type TestDesk, type TestDeskOptions } from '../../support/desk.ts';
import { endpointAt, type Json, type Reply, send } from '../send.ts';

export type { Json, Reply };

/** Calls as a client of the vendor makes them. Every answer is held against the schema of its endpoint. */
export interface Client {
  desk: TestDesk;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, body?: unknown): Promise<Reply>;
  put(path: string, body?: unknown): Promise<Reply>;
  delete(path: string, body?: unknown): Promise<Reply>;
  raw(options: InjectOptions): Promise<Reply>;
  /** The same with another key. */
  as(secret: string): Client;
}

const BASE = '/services/v2';

export async function openClient(store: Store, options: TestDeskOptions = {}): Promise<Client> {
  const desk = await createTestDesk(store, digicert, options);
  return clientOf(desk, desk.secret);
}

function clientOf(desk: TestDesk, secret: string): Client {
  const raw = async (options: InjectOptions): Promise<Reply> => {
    const reply = await send(desk, { 'x-dc-devkey': secret }, options);
    holdAgainstSchema(options.method ?? 'GET', options.url as string, reply);
    return reply;
  };
  const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Reply> => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    return raw({ method, url: `${BASE}${path}`, headers: { 'content-type': 'application/json' }, ...payload });
  };
  return {
    desk,
    raw,
    get: (path, headers = {}) => raw({ method: 'GET', url: `${BASE}${path}`, headers }),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    delete: (path, body) => call('DELETE', path, body),
    as: (other) => clientOf(desk, other),
  };
}

function holdAgainstSchema(method: string, url: string, reply: Reply): void {
  if (reply.status >= 400) return holdAgainstErrors(reply);
  const endpoint = endpointAt(ENDPOINTS, method, url.slice(BASE.length).split('?', 1)[0] ?? '');
  assert.ok(endpoint, `${method} ${url} answered ${reply.status} and is not in the table`);
  const forms = endpoint.answers[reply.status];
  assert.notEqual(forms, undefined, `${method} ${url} answered ${reply.status}, which is not described`);
  const all = Array.isArray(forms) ? (forms as readonly AnswerForm[]) : [forms as AnswerForm];
  const type = String(reply.headers['content-type'] ?? '');
  if (reply.text === '') return assert.ok(all.includes(null), `${method} ${url}: the body is empty`);
  if (type !== 'application/json') return assert.ok(all.includes(type), `${method} ${url}: type ${type}`);
  const schema = all.find((form) => form !== null && typeof form !== 'string');
  assert.ok(schema !== undefined && schema !== null && typeof schema !== 'string', `${method} ${url}: no schema`);
  const result = schema.safeParse(reply.json);
  assert.ok(result.success, `${method} ${url}: ${JSON.stringify(result.error?.issues)}\n${reply.text}`);
}

function holdAgainstErrors({ headers, json, text }: Reply): void {
  assert.equal(headers['content-type'], 'application/json');
  assert.ok(Array.isArray(json.errors) && json.errors.length > 0, text);
  for (const { code, message, ...rest } of json.errors) {
    assert.deepEqual([typeof code, typeof message, rest], ['string', 'string', {}]);
  }
  assert.equal(text, JSON.stringify(json));
}

/** The only error of an answer: its code. */
export function codeOf(reply: Reply): string {
  assert.equal(reply.json?.errors?.length, 1, reply.text);
  return reply.json.errors[0].code;
}

let counter = 0;

/** A domain that no other test uses. */
export function newDomain(): string {
  counter += 1;
  return `shop${counter}-digi.test`;
}

let csr: string | null = null;

/** PEM of a CSR; which key it holds is no matter here. */
export function someCsr(): string {
  csr ??= newCsr('somebody.test');
  return csr;
}

/** Changes how the account works. */
export async function setSettings({ desk }: Client, changes: Partial<AccountSettings>): Promise<void> {
  const { store, actor } = desk;
  await store.transact(async (unit) => {
    const account = await unit.get('accounts', actor.accountId);
    assert.ok(account);
    await unit.update('accounts', account.id, { settings: { ...account.settings, ...changes } });
  });
}

/** An organization of the account that was vetted. */
export async function vettedOrganization(client: Client, changes: Partial<Organization> = {}): Promise<Organization> {
  const { store, actor, clock } = client.desk;
  return store.transact(async (unit) => {
    const organization: Organization = {
      id: unit.newId('organizations'),
      accountId: actor.accountId,
      containerId: null,
      dialect: 'digicert',
      name: 'Acme Widgets',
      identityKey: null,
      subject: {
        organization: 'Acme Widgets',
        country: 'US',
        state: 'Utah',
        locality: 'Lehi',
        street: '2801 North Thanksgiving Way',
        postalCode: '84043',
      },
      details: { phone: '801-701-9600' },
      contacts: [],
      active: true,
      submitted: [],
      state: 'valid',
      level: 'EV',
      collectedBy: 'olga',
      confirmedBy: 'omar',
      evidence: 'register 17',
      validatedAt: clock.now(),
      createdAt: clock.now(),
      ...changes,
    };
    unit.insert('organizations', organization);
    return organization;
  });
}

/** A domain of the account that was proved with all below it, so that orders for it need nothing more. */
export async function provedDomain(client: Client, domain = newDomain()): Promise<string> {
  const { store, actor, clock } = client.desk;
  await store.transact(async (unit) => {
    unit.insert('validations', {
      id: unit.newId('validations'),
      accountId: actor.accountId,
      requestId: null,
      domainId: null,
      domain,
      method: 'dns',
      coversSubdomains: true,
      state: 'valid',
      challenges: [{ method: 'dns', record: 'TXT', name: domain, value: 'proved' }],
      detail: null,
      attempts: 1,
      nextAttemptAt: null,
      validatedAt: clock.now(),
      reusedFrom: null,
      createdAt: clock.now(),
    });
  });
  return domain;
}

/** A user of the account with a key of this role. */
export async function userWithKey(client: Client, userName: string, role: Role, keyRole: Role = 'admin') {
  const { desk } = client;
  const { accountId, handle } = desk.actor;
  const { secret } = await desk.addKey(handle, keyRole);
  const user = await desk.store.transact(async (unit) => {
    const id = unit.newId('users');
    const [firstName, lastName] = ['Ada', userName];
    const created = { createdAt: desk.clock.now(), lastSeenAt: null };
    const person = { kind: 'person' as const, userName, firstName, lastName, email: `${userName}@acme.test` };
    const record = { id, accountId, ...person, jobTitle: null, phone: '1', role, containerId: null, ...created };
    unit.insert('users', { ...record, state: 'active' });
    const credentials = await unit.find('credentials', { accountId, userId: null });
    const last = credentials.at(-1);
    assert.ok(last);
    await unit.update('credentials', last.id, { userId: id, userName });
    return record;
  });
  return { user, client: client.as(secret) };
}

/** A valid order of Secure Site Pro. */
export function orderFor(domain: string, organizationId: number, changes: Record<string, unknown> = {}) {
  const { certificate = {}, ...rest } = changes as { certificate?: Record<string, unknown> };
  return {
    certificate: { common_name: domain, csr: someCsr(), signature_hash: 'sha256', ...certificate },
    organization: { id: organizationId },
    order_validity: { years: 1 },
    ...rest,
  };
}

export const PRO = '/order/certificate/ssl_securesite_pro';

/** A client whose account has a vetted organization and a proved domain: orders for it are issued at once. */
export async function openReady(store: Store, options: TestDeskOptions = {}) {
  const client = await openClient(store, options);
  const organization = await vettedOrganization(client);
  const domain = await provedDomain(client);
  return { client, organization, domain };
}

/** An order that was issued at once. */
export async function issued(client: Client, domain: string, organizationId: number, changes: object = {}) {
  const reply = await client.post(PRO, orderFor(domain, organizationId, { ...changes }));
  assert.equal(reply.status, 201, reply.text);
  assert.equal(reply.json.certificate_chain?.length, 3, reply.text);
  return { orderId: reply.json.id as number, certificateId: reply.json.certificate_id as number, json: reply.json };
}
