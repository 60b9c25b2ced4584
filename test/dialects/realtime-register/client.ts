import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import { realtimeRegister } from '../../../src/dialects/realtime-register/plugin.ts';
import type { Store } from '../../../src/core/store.ts';
import { createTestDesk, newCsr, type TestDesk, type TestDeskOptions } from '../../support/desk.ts';
import { type Json, type Reply, send } from '../send.ts';

export type { Json };

/** Calls as a client of the vendor makes them. */
export interface Client {
  desk: TestDesk;
  get(path: string): Promise<Reply>;
  post(path: string, body?: unknown): Promise<Reply>;
  delete(path: string, body?: unknown): Promise<Reply>;
  raw(options: InjectOptions): Promise<Reply>;
  /** The same with another key. */
  as(secret: string): Client;
}

export async function openClient(store: Store, options: TestDeskOptions = {}): Promise<Client> {
  const desk = await createTestDesk(store, realtimeRegister, options);
  return clientOf(desk, desk.secret);
}

function clientOf(desk: TestDesk, secret: string): Client {
  const raw = (options: InjectOptions): Promise<Reply> => send(desk, { authorization: `ApiKey ${secret}` }, options);
  const call = (method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown): Promise<Reply> => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    return raw({ method, url, headers: { 'content-type': 'application/json' }, ...payload });
  };
  return {
    desk,
    raw,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    delete: (path, body) => call('DELETE', path, body),
    as: (other) => clientOf(desk, other),
  };
}

let counter = 0;

/** A domain that no other test uses. */
export function newDomain(): string {
  counter += 1;
  return `shop${counter}.example.com`;
}

/** A valid order for a domain. */
export function orderFor(domain: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { customer: 'acme', product: 'ssl_chancery_dv', period: 12, csr: newCsr(domain), ...changes };
}

/** Publishes whatever an answer asks for in DNS and in files. */
export function publish(client: Client, answer: Json): void {
  for (const entry of answer.validations.dcv) {
    if (entry.type === 'DNS') client.desk.domains.publishRecord(entry.dnsType, entry.dnsRecord, entry.dnsContents);
    if (entry.type === 'FILE') client.desk.domains.publishFile(entry.fileLocation, entry.fileContents);
  }
}

/** Orders, validates by DNS and waits: the id of the certificate and of its process. */
export async function issue(
  client: Client,
  order: Record<string, unknown>,
): Promise<{ certificateId: number; processId: number }> {
  const reply = await client.post('/v2/ssl/certificates', order);
  assert.equal(reply.status, 202, reply.text);
  publish(client, reply.json);
  const processId = Number(reply.headers['x-process-id']);
  const resent = await client.post(`/v2/processes/${processId}/resend`);
  assert.equal(resent.status, 200, resent.text);
  const list = await client.get(`/v2/ssl/certificates?process:eq=${processId}`);
  assert.equal(list.json.entities.length, 1, list.text);
  return { certificateId: list.json.entities[0].id, processId };
}
