import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { encode, RECURSION_DESIRED } from 'dns-packet';
import type { Random } from '../core/ports.ts';
import type { Timers } from '../core/time.ts';
import { CLASS_IN, readMessage, TYPE_CODES, type DnsMessage, type RecordType } from './dns-message.ts';
import { exchangeTcp, TimedOut } from './tcp-exchange.ts';

/** `host` is an IP address. */
export interface DnsServer {
  host: string;
  port: number;
}

export interface Question {
  /** Without final dot. */
  name: string;
  type: RecordType;
}

export interface ExchangeOptions {
  /** For UDP, and once more for TCP. Milliseconds. */
  timeoutMs: number;
  random: Random;
  timers: Timers;
  /** Spell the question in random letter case, as a further secret (draft-vixie-dnsext-dns0x20). */
  mixCase: boolean;
  /** Announce a buffer of 1232 bytes (RFC 6891; DNS flag day 2020). */
  edns: boolean;
}

/** What came of one question to one server. `ignored` counts packets that were not an answer to our question. */
export type Exchange = { protocol: 'udp' | 'tcp'; ignored: number } & (
  | { kind: 'message'; message: DnsMessage }
  | { kind: 'timeout' | 'unreachable' | 'malformed'; reason: string }
);

/** Somebody who guesses ids gets no more than this many guesses; then TCP, which cannot be guessed blindly. */
const IGNORED_AT_MOST = 16;

/**
 * Asks one server one question: UDP from a fresh socket with a random port and id; TCP where the answer was cut off,
 * spells the question in another letter case, or false answers pour in (RFC 5452, RFC 7766). Never throws for what
 * the network does.
 */
export async function exchange(server: DnsServer, question: Question, options: ExchangeOptions): Promise<Exchange> {
  const name = options.mixCase ? randomCase(question.name, options.random) : question.name;
  const first = await askUdp(server, writeQuery({ ...question, name }, options), { ...question, name }, options);
  if (first !== 'use-tcp') return first;
  return await askTcp(server, writeQuery(question, options), question, options);
}

interface Query {
  id: number;
  bytes: Buffer;
}

function writeQuery(question: Question, options: ExchangeOptions): Query {
  const id = Buffer.from(options.random.bytes(2)).readUInt16BE(0);
  const opt = {
    type: 'OPT' as const,
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  const bytes = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: question.type, name: question.name, class: 'IN' }],
    additionals: options.edns ? [opt] : [],
  });
  return { id, bytes };
}

function randomCase(name: string, random: Random): string {
  const bits = random.bytes(Math.ceil(name.length / 8));
  return Array.from(name.toLowerCase())
    .map((letter, at) => (((bits[at >> 3] ?? 0) >> (at & 7)) & 1 ? letter.toUpperCase() : letter))
    .join('');
}

type Verdict =
  | { kind: 'ours' | 'other-case'; message: DnsMessage }
  | { kind: 'not-ours' }
  | { kind: 'malformed'; reason: string };

/** RFC 5452 §9.1: id, question name, type and class must be those that were asked. */
function judge(bytes: Buffer, query: Query, question: Question): Verdict {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== query.id) return { kind: 'not-ours' };
  let message: DnsMessage;
  try {
    message = readMessage(bytes);
  } catch (error) {
    return { kind: 'malformed', reason: (error as Error).message };
  }
  if (!message.isResponse || message.opcode !== 0) return { kind: 'not-ours' };
  const [asked, ...more] = message.questions;
  if (asked === undefined && message.rcode !== 0) return { kind: 'ours', message };
  if (asked === undefined || more.length > 0) return { kind: 'not-ours' };
  if (asked.type !== TYPE_CODES[question.type] || asked.class !== CLASS_IN) return { kind: 'not-ours' };
  if (asked.name === question.name) return { kind: 'ours', message };
  if (asked.name.toLowerCase() === question.name.toLowerCase()) return { kind: 'other-case', message };
  return { kind: 'not-ours' };
}

function askUdp(
  server: DnsServer,
  query: Query,
  question: Question,
  options: ExchangeOptions,
): Promise<Exchange | 'use-tcp'> {
  return new Promise((resolve) => {
    let ignored = 0;
    let open = true;
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
    const cancel = options.timers.after(options.timeoutMs, () => {
      finish({ kind: 'timeout', reason: 'no answer in time', protocol: 'udp', ignored });
    });
    const finish = (result: Exchange | 'use-tcp') => {
      if (!open) return;
      open = false;
      cancel();
      socket.close();
      resolve(result);
    };

    socket.on('error', (error) => finish({ kind: 'unreachable', reason: error.message, protocol: 'udp', ignored }));
    socket.on('message', (bytes) => {
      const verdict = judge(bytes, query, question);
      if (verdict.kind === 'other-case') return finish('use-tcp');
      if (verdict.kind === 'not-ours') {
        ignored += 1;
        if (ignored > IGNORED_AT_MOST) finish('use-tcp');
        return;
      }
      if (verdict.kind === 'malformed') return finish({ ...verdict, protocol: 'udp', ignored });
      finish(
        verdict.message.truncated ? 'use-tcp' : { kind: 'message', message: verdict.message, protocol: 'udp', ignored },
      );
    });
    // A connected socket: the system lets in packets from this address and port only.
    socket.connect(server.port, server.host, () => {
      if (open) socket.send(query.bytes);
    });
  });
}

async function askTcp(
  server: DnsServer,
  query: Query,
  question: Question,
  options: ExchangeOptions,
): Promise<Exchange> {
  const over = { protocol: 'tcp', ignored: 0 } as const;
  let bytes: Buffer;
  try {
    bytes = await exchangeTcp(server, query.bytes, options);
  } catch (error) {
    const kind = error instanceof TimedOut ? 'timeout' : 'unreachable';
    return { ...over, kind, reason: (error as Error).message };
  }
  const verdict = judge(bytes, query, question);
  if (verdict.kind === 'malformed') return { ...over, ...verdict };
  if (verdict.kind === 'not-ours') return { ...over, kind: 'malformed', reason: 'an answer to another question' };
  return { ...over, kind: 'message', message: verdict.message };
}
