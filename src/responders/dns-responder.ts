import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock, Timers } from '../core/time.ts';
import { systemTimers } from '../validation/system.ts';
import { framed } from '../validation/tcp-exchange.ts';
import type { Answers } from './answers.ts';
import { answerQuery, serverFailure } from './dns-answer.ts';
import { createRate } from './dns-rate.ts';
import { createZone, type Zone, type ZoneSettings } from './dns-zone.ts';
import { cannotListen, closeServer, type Counted, type ListenAddress, listenOn, type Responder } from './listen.ts';

export interface DnsResponderOptions {
  answers: Pick<Answers, 'values'>;
  clock: Clock;
  timers?: Timers;
  zone: ZoneSettings;
  listen: ListenAddress;
  count: Counted;
  log: { warn(details: object, message: string): void };
}

const TCP_IDLE = 5_000;
/** From the first octet to the last: who sends one now and then is never idle, and would keep a place for ever. */
const TCP_WHOLE = 10_000;
const TCP_CONNECTIONS = 256;
const TCP_QUERIES = 100;
const MAX_QUERY = 4_096;
/** Questions over UDP that are looked up at once; more are dropped. */
const UDP_AT_ONCE = 256;

/**
 * The authority for the zone of delegated `_acme-challenge` names, over UDP and TCP on one port. Refuses everything
 * else, never asks anybody, and bounds what it sends to any network.
 * @throws DeskError `invalid-value` where it cannot listen
 */
export async function startDnsResponder(options: DnsResponderOptions): Promise<Responder> {
  const { answers, clock, timers = systemTimers, listen, log } = options;
  const zone = createZone(options.zone, (name) => answers.values('dns', name), clock);
  const answer = createAnswer(zone, options);
  const open = new Set<Socket>();
  const { tcp, udp, port } = await bindBoth(listen);
  const complain = (err: Error): void => log.warn({ err }, 'the DNS responder met an error');
  tcp.maxConnections = TCP_CONNECTIONS;
  tcp.on('error', complain);
  tcp.on('connection', (socket) => {
    const cancel = timers.after(TCP_WHOLE, () => socket.destroy());
    open.add(socket);
    socket.on('close', () => {
      cancel();
      open.delete(socket);
    });
    void serveTcp(socket, answer);
  });
  udp.on('error', complain);
  serveUdp(udp, answer, createRate(clock), options.count);
  return {
    host: listen.host,
    port,
    close: async () => {
      await Promise.all([closeServer(tcp, open), new Promise<void>((resolve) => udp.close(() => resolve()))]);
    },
  };
}

type Answer = (query: Buffer, transport: 'udp' | 'tcp', slip?: boolean) => Promise<Buffer | null>;

function createAnswer(zone: Zone, { count, log }: DnsResponderOptions): Answer {
  return async (query, transport, slip = false) => {
    try {
      const reply = await answerQuery(zone, query, transport, slip);
      if (reply !== null) count(outcomeOf(reply));
      return reply;
    } catch (err) {
      count('failed');
      log.warn({ err }, 'a question to the DNS responder could not be answered');
      return serverFailure(query);
    }
  };
}

function outcomeOf(reply: Buffer): 'found' | 'not-found' | 'refused' {
  const rcode = reply.readUInt8(3) & 15;
  if (rcode !== 0 && rcode !== 3) return 'refused';
  return reply.readUInt16BE(6) > 0 ? 'found' : 'not-found';
}

function serveUdp(udp: UdpSocket, answer: Answer, rate: ReturnType<typeof createRate>, count: Counted): void {
  let running = 0;
  const serve = async (query: Buffer, from: RemoteInfo): Promise<void> => {
    const verdict = running >= UDP_AT_ONCE ? 'drop' : rate(from.address);
    if (verdict !== 'answer') count('limited');
    if (verdict === 'drop') return;
    running += 1;
    const reply = await answer(query, 'udp', verdict === 'slip');
    running -= 1;
    // Port 0 cannot be sent to; whoever writes it is not there.
    if (reply !== null && from.port !== 0) udp.send(reply, from.port, from.address, () => {});
  };
  udp.on('message', (query, from) => void serve(query, from));
}

/** RFC 7766: each message with its length before it, one after the other. */
async function serveTcp(socket: Socket, answer: Answer): Promise<void> {
  socket.setTimeout(TCP_IDLE, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  let left = TCP_QUERIES;
  let buffered = Buffer.alloc(0);
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 2) {
        const length = buffered.readUInt16BE(0);
        if (length > MAX_QUERY) return void socket.destroy();
        if (buffered.length < 2 + length) break;
        const reply = await answer(buffered.subarray(2, 2 + length), 'tcp');
        buffered = buffered.subarray(2 + length);
        if (reply === null || socket.destroyed) return void socket.destroy();
        socket.write(framed(reply));
        left -= 1;
        if (left === 0) return void socket.end();
      }
    }
    socket.end();
  } catch {
    // The other side went away.
  }
}

/** Both on one port. Where any free one is wanted, another is tried while somebody holds it for UDP. */
async function bindBoth(listen: ListenAddress): Promise<{ tcp: Server; udp: UdpSocket; port: number }> {
  for (let tries = 1; ; tries += 1) {
    const tcp = createServer({ allowHalfOpen: true });
    const port = await listenOn(tcp, listen, 'DNS');
    const udp = createSocket({ type: isIPv6(listen.host) ? 'udp6' : 'udp4' });
    try {
      udp.bind({ port, address: listen.host });
      await once(udp, 'listening');
      return { tcp, udp, port };
    } catch (error) {
      udp.close();
      await closeServer(tcp, []);
      if (listen.port !== 0 || tries === 10) throw cannotListen(error as NodeJS.ErrnoException, listen, 'DNS');
    }
  }
}
