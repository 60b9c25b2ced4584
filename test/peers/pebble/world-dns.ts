import { randomBytes } from 'node:crypto';
import type { Answer } from 'dns-packet';
import { exchange } from '../../../src/validation/dns-exchange.ts';
import { readData } from '../../../src/validation/dns-message.ts';
import { systemTimers } from '../../../src/validation/system.ts';
import { reply, type ScriptedDns, startScriptedDns } from '../../support/scripted-dns.ts';

export interface WorldDns {
  port: number;
  /** CNAME records by owner, lower case. */
  aliases: Map<string, string>;
  close(): Promise<void>;
}

const TTL = 1;

/**
 * The DNS of the world of this run, as a recursive resolver shows it: every name has the address 127.0.0.1, aliases
 * are followed, and names below `zone` are asked for at the desk's DNS responder.
 */
export async function startWorldDns(zone: string, responderPort: number): Promise<WorldDns> {
  const aliases = new Map<string, string>();
  const server: ScriptedDns = await startScriptedDns();

  async function recordsAt(name: string, type: string): Promise<Answer[]> {
    const shared = { name, ttl: TTL, class: 'IN' } as const;
    if (name.endsWith(`.${zone}`)) {
      const texts = type === 'TXT' ? await askResponder(name, responderPort) : [];
      return texts.map((data) => ({ ...shared, type: 'TXT', data }));
    }
    const plainHost = !name.includes('_');
    return type === 'A' && plainHost ? [{ ...shared, type: 'A', data: '127.0.0.1' }] : [];
  }

  server.script = ({ query, seen, send }) => {
    const asked = seen.name;
    const target = aliases.get(asked.toLowerCase());
    const alias: Answer[] =
      target === undefined ? [] : [{ type: 'CNAME', name: asked, ttl: TTL, class: 'IN', data: target }];
    if (seen.type === 'CNAME') return send(reply(query, 0, alias));
    void recordsAt(target ?? asked, seen.type).then((records) => send(reply(query, 0, [...alias, ...records])));
  };
  return { port: server.port, aliases, close: () => server.close() };
}

async function askResponder(name: string, port: number): Promise<string[]> {
  const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
  const options = { timeoutMs: 5_000, random, timers: systemTimers, mixCase: true, edns: true };
  const result = await exchange({ host: '127.0.0.1', port }, { name, type: 'TXT' }, options);
  if (result.kind !== 'message') return [];
  const { message } = result;
  return message.answers.filter(({ type }) => type === 16).map((record) => readData(message, record, 'TXT') as string);
}
