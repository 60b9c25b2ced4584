import { createSocket, type Socket } from 'node:dgram';
import { createServer, type AddressInfo, type Socket as TcpSocket } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
  type Answer,
  type DecodedPacket,
} from 'dns-packet';

/** What stands at one name. Strings of one TXT record may be given in pieces. */
export interface ZoneEntry {
  A?: string[];
  AAAA?: string[];
  TXT?: (string | string[])[];
  CNAME?: string;
  CAA?: [flags: number, tag: string, value: string][];
  /** Seconds; 300 unless given. */
  ttl?: number;
  /** Answer with this code, or not at all. */
  fail?: 'SERVFAIL' | 'REFUSED' | 'NOTIMP' | 'timeout' | 'malformed';
}

export type Zone = Record<string, ZoneEntry>;

export interface Seen {
  protocol: 'udp' | 'tcp';
  id: number;
  name: string;
  type: string;
  sourcePort: number;
  edns: boolean;
}

export interface Call {
  seen: Seen;
  query: DecodedPacket;
  /** Bytes of the answer by the zone; null where it stays silent. */
  byZone: Buffer | null;
  /** Sends bytes to whoever asked; may be called many times. */
  send: (bytes: Buffer) => void;
}

export interface ScriptedDns {
  host: '127.0.0.1';
  port: number;
  zone: Zone;
  /** Every question so far. */
  seen: Seen[];
  /** Handles each question instead of the zone; call `send` or stay silent. */
  script: ((call: Call) => void) | null;
  close(): Promise<void>;
}

export interface ScriptedDnsOptions {
  /** Whether CNAMEs within the zone are followed in one answer, as recursive servers do. */
  followsAliases?: boolean;
}

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

/** A DNS server on loopback, UDP and TCP on one port, that answers from a zone or as a script says. */
export async function startScriptedDns(zone: Zone = {}, options: ScriptedDnsOptions = {}): Promise<ScriptedDns> {
  const connections = new Set<TcpSocket>();
  const handle = (bytes: Buffer, protocol: 'udp' | 'tcp', sourcePort: number, send: (bytes: Buffer) => void) => {
    const query = decode(bytes);
    const question = query.questions?.[0];
    const seen: Seen = {
      protocol,
      id: query.id ?? 0,
      name: question?.name ?? '',
      type: question?.type ?? '',
      sourcePort,
      edns: (query.additionals ?? []).some((record) => record.type === 'OPT'),
    };
    server.seen.push(seen);
    const byZone = answerByZone(server.zone, query, options.followsAliases ?? true);
    if (server.script !== null) server.script({ seen, query, byZone, send });
    else if (byZone !== null) send(byZone);
  };

  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => connections.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      handle(bytes.subarray(2), 'tcp', socket.remotePort ?? 0, (answer) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      });
    });
  });
  const { udp, port } = await bindBoth(tcp);
  udp.on('message', (bytes, from) => {
    handle(bytes, 'udp', from.port, (answer) => udp.send(answer, from.port, from.address, () => {}));
  });

  const server: ScriptedDns = {
    host: '127.0.0.1',
    port,
    zone,
    seen: [],
    script: null,
    async close() {
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((done) => udp.close(() => done())),
        new Promise<void>((done) => tcp.close(() => done())),
      ]);
    },
  };
  return server;
}

/** The same free port for both; another test may hold the one of the two, so it is tried again. */
async function bindBoth(tcp: ReturnType<typeof createServer>): Promise<{ udp: Socket; port: number }> {
  for (let tries = 0; ; tries += 1) {
    await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done));
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket('udp4');
    try {
      await new Promise<void>((done, failed) => {
        udp.once('error', failed);
        udp.bind(port, '127.0.0.1', done);
      });
      return { udp, port };
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise<void>((done) => tcp.close(() => done()));
    }
  }
}

/** The question's own spelling is kept, as servers do. Null where the zone says to stay silent. */
export function answerByZone(zone: Zone, query: DecodedPacket, followsAliases: boolean): Buffer | null {
  const question = query.questions?.[0];
  if (question === undefined) return null;
  const answers: Answer[] = [];
  let name = question.name;
  for (let hops = 0; hops < 20; hops += 1) {
    const entry = zone[name.toLowerCase()];
    if (entry?.fail === 'timeout') return null;
    if (entry?.fail === 'malformed') {
      const broken = reply(query, 0, []);
      broken.writeUInt16BE(9, 6);
      return broken;
    }
    if (entry?.fail !== undefined) return reply(query, RCODES[entry.fail], answers);
    const ttl = entry?.ttl ?? 300;
    if (entry?.CNAME !== undefined && question.type !== 'CNAME') {
      answers.push({ type: 'CNAME', name, ttl, class: 'IN', data: entry.CNAME });
      if (!followsAliases) return reply(query, 0, answers);
      name = entry.CNAME.replace(/\.$/, '');
      continue;
    }
    if (entry === undefined && !hasNamesBelow(zone, name)) return reply(query, RCODES.NXDOMAIN, answers);
    return reply(query, 0, [...answers, ...recordsOf(entry ?? {}, question.type, name, ttl)]);
  }
  return reply(query, 0, answers);
}

function hasNamesBelow(zone: Zone, name: string): boolean {
  return Object.keys(zone).some((other) => other.endsWith(`.${name.toLowerCase()}`));
}

function recordsOf(entry: ZoneEntry, type: string, name: string, ttl: number): Answer[] {
  const shared = { name, ttl, class: 'IN' as const };
  switch (type) {
    case 'A':
      return (entry.A ?? []).map((data) => ({ ...shared, type: 'A', data }));
    case 'AAAA':
      return (entry.AAAA ?? []).map((data) => ({ ...shared, type: 'AAAA', data }));
    case 'CNAME':
      return entry.CNAME === undefined ? [] : [{ ...shared, type: 'CNAME', data: entry.CNAME }];
    case 'TXT':
      return (entry.TXT ?? []).map((data) => ({
        ...shared,
        type: 'TXT',
        data: typeof data === 'string' ? data : [...data],
      }));
    case 'CAA':
      return (entry.CAA ?? []).map(([flags, tag, value]) => ({
        ...shared,
        type: 'CAA',
        data: { flags, tag: tag as 'issue', value },
      }));
    default:
      return [];
  }
}

export interface ReplyChanges {
  id?: number;
  name?: string;
  type?: 'A' | 'TXT';
  truncated?: boolean;
}

/** An answer to `query`, or with changes one that only looks like it. Negative answers carry an SOA with minimum 60. */
export function reply(query: DecodedPacket, rcode: number, answers: Answer[], changes: ReplyChanges = {}): Buffer {
  const question = query.questions?.[0] ?? { name: '.', type: 'A' as const };
  const negative = answers.length === 0 && (rcode === 0 || rcode === RCODES.NXDOMAIN);
  const soa: Answer = {
    type: 'SOA',
    name: '.',
    ttl: 120,
    class: 'IN',
    data: { mname: 'ns.invalid', rname: 'x.invalid', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 },
  };
  return encode({
    type: 'response',
    id: changes.id ?? query.id ?? 0,
    flags: rcode | AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (changes.truncated === true ? TRUNCATED_RESPONSE : 0),
    questions: [{ name: changes.name ?? question.name, type: changes.type ?? question.type, class: 'IN' }],
    answers,
    authorities: negative ? [soa] : [],
  });
}
