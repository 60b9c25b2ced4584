import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import { httpAnswer } from '../../../src/core/challenge-answers.ts';
import type { DomainCheck } from '../../../src/core/ports.ts';
import type { Challenge, Hostname, Role, Website } from '../../../src/core/records.ts';
import type { Store } from '../../../src/core/store.ts';
import * as answers from '../../../src/dialects/wp-engine/answers.ts';
import { ENDPOINTS } from '../../../src/dialects/wp-engine/endpoints.ts';
import { wpEngine } from '../../../src/dialects/wp-engine/plugin.ts';
import { createTestDesk, type TestDesk, type TestDeskOptions } from '../../support/desk.ts';
import { endpointAt, type Json, type Reply, send } from '../send.ts';

export type { Json };

/** Calls as a client of the vendor makes them. Every answer is held against the schema of its endpoint. */
export interface Client {
  desk: TestDesk;
  /** Hosts that lead to this desk: what it answers for them is what the world sees. */
  pointed: Set<string>;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, body?: unknown): Promise<Reply>;
  patch(path: string, body?: unknown): Promise<Reply>;
  delete(path: string): Promise<Reply>;
  raw(options: InjectOptions): Promise<Reply>;
  /** The same desk with other credentials. */
  as(secret: string): Client;
}

export async function openClient(store: Store, options: TestDeskOptions = {}): Promise<Client> {
  const desk = await createTestDesk(store, wpEngine, options);
  const pointed = new Set<string>();
  const published = desk.domains.check.bind(desk.domains);
  desk.domains.check = async (challenges: readonly Challenge[]): Promise<DomainCheck> => {
    for (const one of challenges) {
      if (one.method !== 'http' || !pointed.has(one.host)) continue;
      const content = await httpAnswer(store, one.host, one.path, desk.clock.now());
      if (content === one.content) return { outcome: 'passed', message: 'The desk answers', evidence: {} };
    }
    return published(challenges);
  };
  return clientOf(desk, pointed, desk.secret);
}

function clientOf(desk: TestDesk, pointed: Set<string>, secret: string): Client {
  const raw = async (options: InjectOptions): Promise<Reply> => {
    const reply = await send(desk, { authorization: basic(secret) }, options);
    holdAgainstSchema(options.method ?? 'GET', options.url as string, reply);
    return reply;
  };
  const call = (method: 'POST' | 'PATCH', path: string, body: unknown): Promise<Reply> => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    return raw({ method, url: `/v1${path}`, headers: { 'content-type': 'application/json' }, ...payload });
  };
  return {
    desk,
    pointed,
    raw,
    get: (path, headers = {}) => raw({ method: 'GET', url: `/v1${path}`, headers }),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path) => raw({ method: 'DELETE', url: `/v1${path}` }),
    as: (other) => clientOf(desk, pointed, other),
  };
}

export function basic(secret: string): string {
  return `Basic ${Buffer.from(secret).toString('base64')}`;
}

function holdAgainstSchema(method: string, url: string, reply: Reply): void {
  if (reply.text !== '') assert.equal(reply.headers['content-type'], 'application/json');
  assert.equal(reply.headers['access-control-allow-origin'], '*');
  if (reply.status >= 400) {
    assert.ok(answers.failure.safeParse(reply.json).success, reply.text);
    return;
  }
  if (url.startsWith('/v1/swagger')) return;
  const path = url.replaceAll(/\/+/g, '/').slice('/v1'.length).split('?', 1)[0] ?? '';
  const endpoint = endpointAt(ENDPOINTS, method, path);
  assert.ok(endpoint, `${method} ${url} answered ${reply.status} and is not in the table`);
  const schema = endpoint.answers[reply.status];
  assert.notEqual(schema, undefined, `${method} ${url} answered ${reply.status}, which is not described`);
  if (schema === null || schema === undefined) return assert.equal(reply.text, '');
  const result = schema.safeParse(reply.json);
  assert.ok(result.success, `${method} ${url}: ${JSON.stringify(result.error?.issues)}\n${reply.text}`);
}

let counter = 0;

/** A domain that no other test uses. */
export function newDomain(): string {
  counter += 1;
  return `shop${counter}-wpe.test`;
}

export interface Place {
  client: Client;
  install: Website;
  domains: Hostname[];
  /** Path of the first domain. */
  path: string;
}

/** An install of the client's account that serves these names, which lead here. */
export async function openPlace(client: Client, names: readonly string[] = [newDomain()]): Promise<Place> {
  counter += 1;
  const { hosting } = contextOf(client);
  const { actor } = client.desk;
  const site = await hosting.createGroup(actor, { name: `Site ${counter}`, extra: {} });
  const install = await hosting.createWebsite(actor, { name: `site${counter}`, groupId: site.id, extra: {} });
  const asks = names.map((name, index) => ({ name, isPrimary: index === 0, extra: {} }));
  const domains = await hosting.addHostnames(actor, install.id, asks);
  for (const name of names) client.pointed.add(name);
  return { client, install, domains, path: `/installs/${install.uid}/domains/${domains[0]?.uid}` };
}

export function contextOf(client: Client) {
  return { hosting: client.desk.platform.hosting(wpEngine) };
}

/** A client of another customer of the same desk. */
export async function stranger(client: Client, role: Role = 'admin'): Promise<Client> {
  const { secret, actor } = await client.desk.addKey('mallory', role);
  const other = client.as(secret);
  return { ...other, desk: { ...client.desk, actor, secret } };
}

export const HOLDER = {
  email_address: 'jane@example.com',
  given_name: 'Jane',
  family_name: 'Doe',
  region_code: 'US',
  state: 'Texas',
  city: 'Austin',
  phone: '800-123-4567',
};
