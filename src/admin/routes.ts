import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OperatorCheckouts } from '../core/checkouts.ts';
import type { Actor } from '../core/desk.ts';
import { DeskError, notFound } from '../core/errors.ts';
import type { Kind, Records } from '../core/records.ts';
import type { Filter } from '../core/store.ts';
import { renderErrors } from '../http/errors.ts';
import { accountByHandle, createAccount, creditAccount, setAccountState } from './accounts.ts';
import { createKey, revokeKey } from './keys.ts';
import type { Office } from './office.ts';
import { VIEWS } from './views.ts';
import * as websites from './websites.ts';

export interface AdminOptions {
  office: Office;
  checkouts: Pick<OperatorCheckouts, 'payOutside'>;
  /** The actor behind an admin key. */
  authenticate: (secret: string) => Promise<Actor | null>;
  /** Takes one call from the key's allowance; the seconds to wait, or 0. */
  takeCall: (key: string) => number;
}

type ListedKind = keyof typeof VIEWS;

/** Lists and what they may be narrowed by, each an equal match. */
const LISTS: Readonly<Record<string, { kind: ListedKind; by: readonly string[] }>> = {
  accounts: { kind: 'accounts', by: ['handle', 'state'] },
  keys: { kind: 'credentials', by: ['dialect', 'userName', 'role'] },
  orders: { kind: 'orders', by: ['state', 'product', 'commonName'] },
  requests: { kind: 'requests', by: ['state', 'kind', 'orderId', 'commonName'] },
  certificates: { kind: 'certificates', by: ['state', 'serial', 'fingerprint', 'orderId', 'commonName'] },
  organizations: { kind: 'organizations', by: ['state', 'name'] },
  websites: { kind: 'websites', by: ['dialect', 'uid', 'name'] },
  hostnames: { kind: 'hostnames', by: ['dialect', 'uid', 'name', 'websiteId'] },
  checkouts: { kind: 'checkouts', by: ['state', 'dialect', 'reference'] },
  'audit-events': { kind: 'auditEvents', by: ['actor', 'action', 'target'] },
  jobs: { kind: 'jobs', by: ['kind', 'key'] },
};

const NUMBERS = new Set(['orderId', 'websiteId']);
const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const account = z.strictObject({
  handle: z.string(),
  name: z.string().min(1).max(100).optional(),
  currency: z.string().optional(),
  balance: z.number().optional(),
});
const credit = z.strictObject({ cents: z.number(), note: z.string().max(500).default('') });
const payment = z.strictObject({ reference: z.string(), cents: z.int().min(0) });
const state = z.strictObject({ state: z.enum(['active', 'locked']) });
const key = z.strictObject({
  account: z.string(),
  dialect: z.string(),
  userName: z.string().optional(),
  role: z.enum(['admin', 'orders', 'view']).optional(),
  kind: z.string().optional(),
});
const website = z.strictObject({
  account: z.string(),
  dialect: z.string(),
  name: z.string().min(1).max(255),
  group: z.string().min(1).max(255).optional(),
  hostnames: z.array(z.string()).max(1_000).default([]),
  proved: z.boolean().default(false),
});
const hostnames = z.strictObject({
  hostnames: z.array(z.string()).min(1).max(1_000),
  proved: z.boolean().default(false),
});
const vetting = z.strictObject({ level: z.enum(['OV', 'EV']), evidence: z.string().min(1).max(10_000) });
const passing = z.strictObject({
  check: z.enum(['callback', 'agreement', 'organization']),
  evidence: z.string().min(1).max(10_000),
});

/**
 * The operator's API under `/admin/v1`, with `Authorization: Bearer KEY`. Lists take `limit` (1 to 500), `offset`,
 * `account` (a handle; jobs have none) and the members of `LISTS`, newest first, and answer `{items, total}`.
 */
export async function adminRoutes(app: FastifyInstance, options: AdminOptions): Promise<void> {
  const { office } = options;
  renderErrors(app);
  const who = guard(app, options);

  for (const [path, { kind, by }] of Object.entries(LISTS)) {
    app.get(`/${path}`, async (request) => list(office, kind, by, request.query as Record<string, unknown>));
    app.get<{ Params: { id: string } }>(`/${path}/:id`, async ({ params }) => show(office, kind, params.id));
  }

  app.post('/accounts', async (request, reply) => {
    const made = await createAccount(office, defined(read(account, request.body)), who(request));
    return reply.code(201).send(VIEWS.accounts(made));
  });
  app.post<{ Params: { id: string } }>('/accounts/:id/credit', async (request) => {
    const { cents, note } = read(credit, request.body);
    return VIEWS.accounts(
      await creditAccount(office, await handleOf(office, request.params.id), cents, note, who(request)),
    );
  });
  app.post<{ Params: { id: string } }>('/accounts/:id/state', async (request) => {
    const { state: wanted } = read(state, request.body);
    return VIEWS.accounts(
      await setAccountState(office, await handleOf(office, request.params.id), wanted, who(request)),
    );
  });
  app.post('/keys', async (request, reply) => {
    const made = await createKey(office, defined(read(key, request.body)), who(request));
    return reply.code(201).send({ ...(await show(office, 'credentials', String(made.key.id))), secret: made.secret });
  });
  app.post<{ Params: { id: string } }>('/keys/:id/revoke', async (request) => {
    await revokeKey(office, read(id, request.params.id, 'id'), who(request));
    return show(office, 'credentials', request.params.id);
  });
  app.post('/websites', async (request, reply) => {
    const made = await websites.createWebsite(office, defined(read(website, request.body)), who(request));
    const added = made.hostnames.map(VIEWS.hostnames);
    return reply.code(201).send({ ...VIEWS.websites(made.website), hostnames: added });
  });
  app.post<{ Params: { id: string } }>('/websites/:id/hostnames', async (request, reply) => {
    const websiteId = read(id, request.params.id, 'id');
    const added = await websites.addHostnames(office, websiteId, read(hostnames, request.body), who(request));
    return reply.code(201).send({ items: added.map(VIEWS.hostnames) });
  });
  app.delete<{ Params: { id: string } }>('/websites/:id', async (request, reply) => {
    await websites.deleteWebsite(office, read(id, request.params.id, 'id'), who(request));
    return reply.code(204).send();
  });
  app.post<{ Params: { id: string } }>('/hostnames/:id/vouch', async (request) =>
    VIEWS.hostnames(await websites.vouchForHostname(office, read(id, request.params.id, 'id'), who(request))),
  );
  app.delete<{ Params: { id: string } }>('/hostnames/:id', async (request, reply) => {
    await websites.deleteHostname(office, read(id, request.params.id, 'id'), who(request));
    return reply.code(204).send();
  });
  app.post<{ Params: { id: string } }>('/organizations/:id/validate', async (request) => {
    const found = read(vetting, request.body);
    await office.vetting.vetOrganization(read(id, request.params.id, 'id'), { ...found, by: who(request) });
    return show(office, 'organizations', request.params.id);
  });
  app.post<{ Params: { id: string } }>('/organizations/:id/confirm', async (request) => {
    await office.vetting.confirmVetting(read(id, request.params.id, 'id'), who(request));
    return show(office, 'organizations', request.params.id);
  });
  app.post<{ Params: { id: string } }>('/checkouts/:id/pay', async (request) => {
    const paid = { ...read(payment, request.body), by: who(request) };
    const { checkout } = await options.checkouts.payOutside(read(id, request.params.id, 'id'), paid);
    return VIEWS.checkouts(checkout);
  });
  app.post<{ Params: { id: string } }>('/requests/:id/pass-check', async (request) => {
    const { check, evidence } = read(passing, request.body);
    await office.vetting.passCheck(read(id, request.params.id, 'id'), check, who(request), evidence);
    return show(office, 'requests', request.params.id);
  });
}

/** Lets only admin keys in, before a body is read; answers with how to learn who calls. */
function guard(app: FastifyInstance, { authenticate, takeCall }: AdminOptions): (request: FastifyRequest) => string {
  const names = new WeakMap<FastifyRequest, string>();
  app.addHook('onRequest', async (request) => {
    const secret = /^Bearer ([^\s]{1,500})$/.exec(request.headers.authorization ?? '')?.[1];
    const actor = secret === undefined ? null : await authenticate(secret);
    if (actor === null) throw new DeskError('not-authenticated', 'Send an admin key: Authorization: Bearer KEY');
    const wait = takeCall(`admin:${actor.accountId}:${actor.userName}`);
    if (wait > 0) throw new DeskError('too-many-requests', 'Too many calls with this key', { retryAfter: wait });
    if (actor.role === 'view' && request.method !== 'GET') throw new DeskError('not-allowed', 'This key may only read');
    names.set(request, actor.userName);
  });
  return (request) => names.get(request) as string;
}

type ListQueryString = { limit: number; offset: number; account?: string } & Record<string, unknown>;

async function list(office: Office, kind: ListedKind, by: readonly string[], query: Record<string, unknown>) {
  const schema = z.strictObject({
    limit: z.coerce.number().int().min(1).max(500).default(50),
    offset: z.coerce.number().int().min(0).default(0),
    ...(kind === 'jobs' ? {} : { account: z.string().optional() }),
    ...Object.fromEntries(by.map((name) => [name, NUMBERS.has(name) ? id.optional() : z.string().optional()])),
  });
  const { limit, offset, account: handle, ...equal } = read(schema, query) as ListQueryString;
  const accountId = handle === undefined ? null : (await accountByHandle(office.store, handle)).id;
  const filters = Object.entries(equal)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => ({ field, op: 'eq', value }) as Filter<Records[Kind]>);
  const found = await office.store.list<Kind>(kind, {
    accountId,
    filters: filters as never,
    order: [{ field: 'id', descending: true }],
    limit,
    offset,
    count: true,
  });
  return { items: found.records.map((item) => VIEWS[kind](item as never)), total: found.total };
}

async function show(office: Office, kind: ListedKind, text: string) {
  const record = await office.store.get<Kind>(kind, read(id, text, 'id'));
  if (record === null) throw notFound(`${kind} ${text}`);
  return VIEWS[kind](record as never);
}

async function handleOf(office: Office, text: string): Promise<string> {
  const found = await office.store.get('accounts', read(id, text, 'id'));
  if (found === null) throw notFound(`accounts ${text}`);
  return found.handle;
}

/** @throws DeskError `invalid-value` with every violation */
function read<T>(schema: z.ZodType<T>, input: unknown, what = 'body'): T {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const violations = result.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((field) => ({ field, message: 'is not known' }));
    return [{ field: issue.path.join('.') || what, message: issue.message }];
  });
  const message = violations.map(({ field, message: text }) => `${field}: ${text}`).join('; ');
  throw new DeskError('invalid-value', message, { violations });
}

/** Without the members that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
