import { request as httpRequest } from 'node:http';
import { isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { randomBytes } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { createResolver } from '../../../src/validation/resolver.ts';

/** How the scripted CA looks at the world when its script says `check`. Each may throw: then there is no connection. */
export interface Lookups {
  /** `GET http://host/path`, port 80 in a CA's eyes. */
  http(host: string, path: string): Promise<{ status: number; body: string }>;
  /** All TXT values at the name, CNAMEs followed. */
  txt(name: string): Promise<string[]>;
  /** What a server shows to ALPN `acme-tls/1` with this SNI, port 443 in a CA's eyes. */
  tls(host: string, sni: string): Promise<{ protocol: string | null; certificate: Uint8Array }>;
}

export interface ResponderPlaces {
  http?: { host: string; port: number };
  tls?: { host: string; port: number };
  /** Servers asked for a name; CNAMEs are followed from one to the other. */
  dns?: (name: string) => readonly { host: string; port: number }[];
}

const LONGEST_LOOK = 5_000;

/** Real connections to responders on other ports than those of the standard. */
export function lookupsTo(places: ResponderPlaces): Lookups {
  return {
    http: (host, path) => fetchPath(places.http ?? missing('http'), host, path),
    tls: (_host, sni) => showCertificate(places.tls ?? missing('tls'), sni),
    txt: async (name) => {
      const resolver = createResolver({
        serversFor: places.dns ?? missing('dns'),
        timeoutMs: LONGEST_LOOK,
        attempts: 2,
        random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
        clock: { now: () => Date.now() },
      });
      const { kind, records, message } = await resolver.resolve(name, 'TXT');
      if (kind !== 'answer' && kind !== 'nodata' && kind !== 'nxdomain') throw new Error(message);
      return records.map(String);
    },
  };
}

function missing(what: string): never {
  throw new Error(`no ${what} responder to look at`);
}

function fetchPath(
  place: { host: string; port: number },
  host: string,
  path: string,
): Promise<{ status: number; body: string }> {
  const header = isIP(host) === 6 ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      { ...place, path, headers: { host: header }, agent: false, timeout: LONGEST_LOOK },
      (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
        answer.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', reject);
    call.end();
  });
}

function showCertificate(
  place: { host: string; port: number },
  servername: string,
): Promise<{ protocol: string | null; certificate: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...place, servername, ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false });
    socket.setTimeout(LONGEST_LOOK, () => socket.destroy(new Error('no answer in time')));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      const certificate = new Uint8Array(socket.getPeerCertificate().raw);
      const protocol = socket.alpnProtocol === false ? null : (socket.alpnProtocol ?? null);
      socket.destroy();
      resolve({ protocol, certificate });
    });
  });
}

/** SNI for an address: its reverse-mapping name (RFC 8738 §6). */
export function sniFor(host: string): string {
  if (isIP(host) === 0) return host;
  const bytes = ipaddr.parse(host).toByteArray();
  if (bytes.length === 4) return `${bytes.toReversed().join('.')}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte >> 4, byte & 15]);
  return `${nibbles
    .toReversed()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa`;
}
