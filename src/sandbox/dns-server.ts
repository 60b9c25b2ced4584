import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet';
import type { Zone } from './dns-zone.ts';

export interface Endpoint {
  host: string;
  port: number;
}

export interface DnsServer extends Endpoint {
  close(): Promise<void>;
}

const RCODES = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
type Rcode = keyof typeof RCODES;

const HEADER = 12;
/** RFC 1035 §4.2.1; larger only where the asker says so (RFC 6891), up to what fits one Ethernet frame. */
const UDP_SIZE = 512;
const MAX_UDP_SIZE = 1_232;
const MAX_QUERY = 4_096;
const TCP_IDLE = 10_000;
const TCP_CONNECTIONS = 64;

/**
 * Serves the zone on `host`, UDP and TCP on the same free port. What goes wrong with the sockets later on is told to
 * `onError`.
 * @throws Error of the system where no port can be had
 */
export async function startDnsServer(
  zone: Zone,
  onError: (error: Error) => void,
  host = '127.0.0.1',
): Promise<DnsServer> {
  const open = new Set<Socket>();
  const { tcp, udp, port } = await bindBoth(host);
  tcp.on('error', onError);
  udp.on('error', onError);
  tcp.on('connection', (socket) => serveTcp(zone, socket, open));
  udp.on('message', (query, from) => {
    const reply = answerQuery(zone, query, 'udp');
    if (reply !== null) udp.send(reply, from.port, from.address, () => {});
  });
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    await Promise.all([
      new Promise<void>((resolve) => tcp.close(() => resolve())),
      new Promise<void>((resolve) => udp.close(() => resolve())),
    ]);
  };
  return { host, port, close };
}

async function bindBoth(host: string): Promise<{ tcp: Server; udp: UdpSocket; port: number }> {
  for (let tries = 1; ; tries += 1) {
    const tcp = createServer();
    tcp.maxConnections = TCP_CONNECTIONS;
    tcp.listen(0, host);
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket('udp4');
    try {
      udp.bind(port, host);
      await once(udp, 'listening');
      return { tcp, udp, port };
    } catch (error) {
      // Somebody else holds the UDP port of that number.
      udp.close();
      tcp.close();
      if (tries === 10) throw error;
    }
  }
}

/** RFC 7766 §8: every message has its length before it. */
function serveTcp(zone: Zone, socket: Socket, open: Set<Socket>): void {
  let buffered = Buffer.alloc(0);
  open.add(socket);
  socket.setTimeout(TCP_IDLE, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => open.delete(socket));
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 2) {
      const length = buffered.readUInt16BE(0);
      if (length > MAX_QUERY) return socket.destroy();
      if (buffered.length < 2 + length) return;
      const reply = answerQuery(zone, buffered.subarray(2, 2 + length), 'tcp');
      buffered = buffered.subarray(2 + length);
      if (reply === null) return socket.destroy();
      const prefix = Buffer.alloc(2);
      prefix.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([prefix, reply]));
    }
  });
}

/**
 * The reply to one DNS message; null where none is due (no header, or itself a reply). Over UDP a reply that does not
 * fit is sent empty with TC set, for the asker to come back over TCP.
 */
export function answerQuery(zone: Zone, message: Buffer, transport: 'udp' | 'tcp'): Buffer | null {
  if (message.length < HEADER || (message.readUInt8(2) & 0x80) !== 0) return null;
  if ((message.readUInt8(2) & 0x78) !== 0) return refusal(message, 'NOTIMP');
  let query: Packet;
  try {
    query = decode(message);
  } catch {
    return refusal(message, 'FORMERR');
  }
  const question = query.questions?.[0];
  if (question === undefined || query.questions?.length !== 1) return refusal(message, 'FORMERR');
  // Bytes that are no ASCII text would not come out as they came in.
  if (!/^[!-~]*$/.test(question.name)) return refusal(message, 'REFUSED');
  const reply = buildReply(zone, query, question);
  const full = encode(reply);
  if (transport === 'tcp' || full.length <= udpLimit(query)) return full;
  return encode({ ...reply, flags: (reply.flags ?? 0) | TRUNCATED_RESPONSE, answers: [], authorities: [] });
}

type Question = NonNullable<Packet['questions']>[number];

function buildReply(zone: Zone, query: Packet, question: Question): Packet {
  const transfer = question.type === 'AXFR' || question.type === 'IXFR';
  const known = question.class === 'IN' && !transfer;
  const found = known ? zone.lookup(question.name, question.type) : null;
  const rcode: Rcode = found?.rcode ?? 'REFUSED';
  const recursionDesired = (query.flags ?? 0) & 0x0100;
  const authoritative = rcode === 'REFUSED' ? 0 : AUTHORITATIVE_ANSWER;
  const reply: Packet = {
    type: 'response',
    id: query.id ?? 0,
    flags: RCODES[rcode] | recursionDesired | authoritative,
    questions: [question],
    answers: found?.answers ?? [],
    authorities: found?.authorities ?? [],
  };
  if (extension(query) === undefined) return reply;
  const own = { type: 'OPT', name: '.', udpPayloadSize: MAX_UDP_SIZE, extendedRcode: 0, ednsVersion: 0, flags: 0 };
  return { ...reply, additionals: [{ ...own, flag_do: false, options: [] } as never] };
}

function extension(query: Packet): { udpPayloadSize: number } | undefined {
  const record = query.additionals?.find((candidate) => candidate.type === 'OPT');
  return record as { udpPayloadSize: number } | undefined;
}

function udpLimit(query: Packet): number {
  const offered = extension(query)?.udpPayloadSize ?? UDP_SIZE;
  return Math.min(Math.max(offered, UDP_SIZE), MAX_UDP_SIZE);
}

/** A bare header: the id and opcode of the message, QR and the code. */
function refusal(message: Buffer, rcode: Rcode): Buffer {
  const header = Buffer.alloc(HEADER);
  message.copy(header, 0, 0, 3);
  header.writeUInt8((message.readUInt8(2) & 0x79) | 0x80, 2);
  header.writeUInt8(RCODES[rcode], 3);
  return header;
}
