import { connect } from 'node:net';
import type { Config } from '../config/load.ts';
import { CLASS, nameOctets, TYPE, writeMessage } from '../responders/dns-writer.ts';
import type { ListenAddress } from '../responders/listen.ts';
import { exchangeTcp } from '../validation/tcp-exchange.ts';
import { readMessage } from '../validation/dns-message.ts';
import { systemTimers } from '../validation/system.ts';

const TIMEOUT = 2_000;

/** Whether the configured responders listen, and name servers answer for the zones that are to be changed. */
export async function checkResponders({
  responder,
}: Pick<Config, 'responder'>): Promise<{ looked: string; faults: string[] }> {
  const { http, tlsAlpn, dns, rfc2136 } = responder;
  const checks: { what: string; check: Promise<void> }[] = [];
  if (http !== null) checks.push({ what: 'http', check: listens(http) });
  if (tlsAlpn !== null) checks.push({ what: 'tlsAlpn', check: listens(tlsAlpn) });
  if (dns !== null) checks.push({ what: 'dns', check: speaksFor(dns.zone, here(dns.listen)) });
  for (const zone of rfc2136?.zones ?? []) {
    checks.push({ what: `rfc2136 ${zone}`, check: speaksFor(zone, (rfc2136 as { server: ListenAddress }).server) });
  }
  const results = await Promise.allSettled(checks.map(({ check }) => check));
  const faults = results.flatMap((result, at) =>
    result.status === 'fulfilled' ? [] : [`${checks[at]?.what}: ${(result.reason as Error).message}`],
  );
  return { looked: checks.map(({ what }) => what).join(', ') || 'none configured', faults };
}

/** How this machine reaches an address that it listens on. */
function here({ host, port }: ListenAddress): ListenAddress {
  const any = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host];
  return { host: any ?? host, port };
}

function listens(address: ListenAddress): Promise<void> {
  const { host, port } = here(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: TIMEOUT });
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Error(`nothing answers on ${host} port ${port} (${why}); it listens while the server runs`));
    };
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => fail('no connection in time'));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}

/** Asks for the SOA of the zone, over TCP. */
async function speaksFor(zone: string, server: ListenAddress): Promise<void> {
  const fixed = Buffer.alloc(4);
  fixed.writeUInt16BE(TYPE.SOA, 0);
  fixed.writeUInt16BE(CLASS.IN, 2);
  const question = Buffer.concat([nameOctets(zone), fixed]);
  const none = { answers: [], authorities: [], additionals: [] };
  const query = writeMessage({ id: 1, flags: 0, question, questions: 1, ...none });
  const where = `${server.host} port ${server.port}`;
  let answer: ReturnType<typeof readMessage>;
  try {
    answer = readMessage(await exchangeTcp(server, query, { timeoutMs: TIMEOUT, timers: systemTimers }));
  } catch (error) {
    throw new Error(`no answer for ${zone} from ${where} (${(error as Error).message})`, { cause: error });
  }
  const soa = answer.answers.some(({ type }) => type === TYPE.SOA);
  if (answer.rcode !== 0 || !soa) throw new Error(`${where} is not a name server of ${zone}`);
}
