import { isIP } from 'node:net';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { baseOf } from '../core/names.ts';
import type { LookAtName, NameSight, NameSoa, NameTls } from '../core/ports.ts';
import type { Timers } from '../core/time.ts';
import type { AddressGuard } from './address-guard.ts';
import { withDeadline } from './deadline.ts';
import type { CaaRecord, RecordType } from './dns-message.ts';
import { type Endpoint, pinnedRequest } from './pinned-request.ts';
import type { Resolver } from './resolver.ts';
import { systemTimers } from './system.ts';

export interface NameSightOptions {
  resolver: Resolver;
  guard: AddressGuard;
  timers?: Timers;
  /** Where the installation itself serves a name; such a name is not guarded. Null for every other. */
  route?: (host: string, port: number) => Endpoint | null;
  /** For the web server, and again for its certificate. Milliseconds, 5,000 unless given. */
  timeoutMs?: number;
}

/** What is shown of a list that anybody can make as long as they like. */
const MOST = 50;
const LONGEST = 1_000;

/** Looks a name up in the DNS, asks its web server for `/`, and takes the certificate that it shows. */
export function createLookAtName(options: NameSightOptions): LookAtName {
  const { resolver } = options;
  return async (wanted) => {
    const name = baseOf(wanted);
    const types: RecordType[] = ['A', 'AAAA', 'CNAME', 'NS', 'MX', 'TXT', 'CAA', 'SOA'];
    const found = await Promise.all(types.map((type) => resolver.resolve(name, type)));
    const of = (type: RecordType) => (found[types.indexOf(type)]?.records ?? []).slice(0, MOST);
    const texts = (type: RecordType): string[] =>
      of(type).flatMap((one) => (typeof one === 'string' ? [one.slice(0, LONGEST)] : []));
    const [byA] = found;
    const failed = byA !== undefined && byA.kind !== 'answer' && byA.kind !== 'nodata';
    const dns = {
      cname: texts('CNAME')[0] ?? null,
      a: texts('A'),
      aaaa: texts('AAAA'),
      ns: texts('NS'),
      mx: texts('MX').map(mxOf),
      txt: texts('TXT'),
      caa: of('CAA').filter((one): one is CaaRecord => typeof one !== 'string'),
      soa: texts('SOA').map(soaOf)[0] ?? null,
      dnsError: failed ? byA.message : null,
    };
    const [http, tls] = await Promise.all([askWeb(options, name, dns), askTls(options, name, dns)]);
    return { ...dns, http, tls };
  };
}

type Addresses = Pick<NameSight, 'a' | 'aaaa'>;

/** @throws DeskError `not-allowed` for a special address, Error where there is none */
function endpointsOf(
  { guard, route }: NameSightOptions,
  name: string,
  { a, aaaa }: Addresses,
  port: number,
): Endpoint[] {
  const own = route?.(name, port) ?? null;
  if (own !== null) return [own];
  const addresses = [...a, ...aaaa].filter((address) => isIP(address) !== 0);
  if (addresses.length === 0) throw new Error(`${name} has no address`);
  for (const address of addresses) guard.check(address);
  return [a[0], aaaa[0]].filter((one) => one !== undefined).map((address) => ({ address, port }));
}

async function askWeb(options: NameSightOptions, name: string, addresses: Addresses): Promise<NameSight['http']> {
  const { timers = systemTimers, timeoutMs = 5_000 } = options;
  try {
    const endpoints = endpointsOf(options, name, addresses, 80);
    const response = await withDeadline(timers, timeoutMs, `${name} does not answer in time`, (signal) =>
      pinnedRequest({
        url: new URL(`http://${name}/`),
        method: 'GET',
        headers: { 'user-agent': 'Chancery domain check', accept: '*/*', 'accept-encoding': 'identity' },
        endpoints,
        verifyTls: false,
        connectTimeoutMs: timeoutMs,
        responseTimeoutMs: timeoutMs,
        timers,
        signal,
        maxBytes: 0,
        readBody: () => false,
      }),
    );
    return { status: response.status, location: response.headers['location']?.slice(0, LONGEST) ?? null, error: null };
  } catch (error) {
    return { status: null, location: null, error: (error as Error).message };
  }
}

/** The certificate as it is shown, believed or not: whoever asks wants to know what is wrong with it. */
async function askTls(options: NameSightOptions, name: string, addresses: Addresses): Promise<NameTls | null> {
  const { timers = systemTimers, timeoutMs = 5_000 } = options;
  try {
    const [endpoint] = endpointsOf(options, name, addresses, 443);
    return await withDeadline(timers, timeoutMs, 'no certificate in time', (signal) =>
      shownBy(endpoint as Endpoint, name, signal),
    );
  } catch {
    return null;
  }
}

function shownBy({ address, port }: Endpoint, servername: string, signal: AbortSignal): Promise<NameTls> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: address, port, servername, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerCertificate();
      const { authorized, authorizationError } = socket;
      socket.destroy();
      if (Object.keys(certificate).length === 0) reject(new Error('no certificate is shown'));
      else resolve(tlsOf(certificate, authorized ? null : String(authorizationError)));
    });
    socket.on('error', reject);
    signal.addEventListener('abort', () => socket.destroy(signal.reason as Error), { once: true });
  });
}

function tlsOf(certificate: PeerCertificate, problem: string | null): NameTls {
  const { subject, issuer, subjectaltname = '', serialNumber, valid_from: from, valid_to: to } = certificate;
  const names = [...subjectaltname.matchAll(/DNS:([^,\s]{1,253})/g)].map(([, name]) => name as string);
  const one = (value: string | string[] | undefined): string =>
    Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
  return {
    issuer: one(issuer?.CN) || one(issuer?.O),
    commonName: one(subject?.CN) || null,
    names: names.slice(0, MOST),
    serial: serialNumber,
    notBefore: Date.parse(from),
    notAfter: Date.parse(to),
    problem,
  };
}

function mxOf(text: string): { preference: number; host: string } {
  const [preference = '', host = ''] = text.split(' ');
  return { preference: Number(preference), host };
}

function soaOf(text: string): NameSoa {
  const [ns = '', mbox = '', ...figures] = text.split(' ');
  const [serial = 0, refresh = 0, retry = 0, expire = 0, minttl = 0] = figures.map(Number);
  return { ns, mbox, serial, refresh, retry, expire, minttl };
}
