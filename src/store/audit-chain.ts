import { createHash } from 'node:crypto';
import type { AuditEvent } from '../core/records.ts';
import type { TableReader } from './reader.ts';
import type { Value } from './rows.ts';
import type { AuditAsk } from './unit-rules.ts';

/** Hash before the first event. */
export const CHAIN_START = new Uint8Array(32);

/** The newest link: how many events there are, and the hash of the last. */
export interface ChainHead {
  readonly events: number;
  readonly hash: Uint8Array;
}

/** JSON with the members of every object sorted by name and without spaces, as RFC 8785 §3.2; of what `JSON.stringify` keeps. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const source = value as Record<string, unknown>;
  if (typeof source['toJSON'] === 'function') return canonicalJson(JSON.parse(JSON.stringify(value)));
  let text = '';
  for (const name of Object.keys(source).sort()) {
    if (source[name] === undefined || typeof source[name] === 'function') continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(source[name])}`;
  }
  return `{${text}}`;
}

/** SHA-256 over the previous hash and the event's canonical JSON, its id included. */
export function linkHash(previous: Uint8Array, id: number, event: AuditAsk): Uint8Array {
  const { at, actor, accountId, action, target, details } = event;
  // Written out in the order of canonical JSON, which is the same for every event.
  const text =
    `{"accountId":${accountId},"action":${JSON.stringify(action)},"actor":${JSON.stringify(actor)},"at":${at},` +
    `"details":${canonicalJson(details)},"id":${id},"target":${JSON.stringify(target)}}`;
  return new Uint8Array(createHash('sha256').update(previous).update(text).digest());
}

/** Appends events to a chain: the records to insert, and the head after them. */
export function appendToChain(head: ChainHead, asks: readonly AuditAsk[]): { events: AuditEvent[]; head: ChainHead } {
  let { events: count, hash } = head;
  const events = asks.map((ask): AuditEvent => {
    count += 1;
    hash = linkHash(hash, count, ask);
    return { ...ask, id: count, hash };
  });
  return { events, head: { events: count, hash } };
}

/** What a walk over the chain needs: the store's reading, and the head as the database keeps it. */
export interface ChainSource extends Pick<TableReader, 'walk'> {
  chainHead(): Promise<ChainHead>;
}

/**
 * Checks every link of the audit chain, and that none is missing at the end.
 * @returns the number of good events, and the id of the first one that is wrong or missing.
 */
export async function verifyAuditChain(store: ChainSource): Promise<{ events: number; brokenAt: number | null }> {
  // The head is read first: events that come meanwhile are beyond it.
  const head = await store.chainHead();
  let hash: Uint8Array = CHAIN_START;
  let id = 0;
  if (head.events > 0) {
    for await (const event of store.walk('auditEvents')) {
      const expected = linkHash(hash, id + 1, event);
      if (event.id !== id + 1 || !equal(expected, event.hash)) return { events: id, brokenAt: id + 1 };
      id = event.id;
      hash = expected;
      if (id === head.events) break;
    }
  }
  if (id !== head.events || !equal(hash, head.hash)) return { events: id, brokenAt: id + 1 };
  return { events: id, brokenAt: null };
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** The head out of its row `(events, hash)`; a chain without events has none. */
export function readHead(row: readonly unknown[] | undefined): ChainHead {
  if (row === undefined) return { events: 0, hash: CHAIN_START };
  return { events: Number(row[0]), hash: new Uint8Array(row[1] as Uint8Array) };
}

/** SQLite parameters of the statement that stores a head. */
export function headParameters(head: ChainHead): Value[] {
  return [head.events, head.hash];
}
