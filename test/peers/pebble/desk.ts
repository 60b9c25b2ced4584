import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentialsOf, type ServerPlace, type ServerProcess, spawnServer } from '../../support/server-process.ts';
import type { Client } from './orders.ts';
import type { Pebble, PebblePlaces } from './pebble-server.ts';

/** Nobody's; every look-up of this run goes to the run's own DNS. */
export const DOMAIN = 'chancery-peer.net';
export const ZONE = `acme.${DOMAIN}`;

/** Products whose orders Pebble signs, each validated in its own way. */
export const WAYS = [
  { product: 'dv-single', code: 'ssl_chancery_dv', challenge: 'http-01', issuer: 'pebble-http' },
  { product: 'dv-multi', code: 'ssl_chancery_dv_multi', challenge: 'tls-alpn-01', issuer: 'pebble-tls' },
  { product: 'dv-wildcard', code: 'ssl_chancery_dv_wildcard', challenge: 'dns-01', issuer: 'pebble-dns' },
] as const;

/** A whole server in a process of its own. */
export interface Desk {
  place: ServerPlace;
  /** Its address changes with every start. */
  client: Client;
  /** Ends it without a word, as a crash does, and starts it again. */
  crash(): Promise<void>;
  log(): string;
  close(): Promise<void>;
}

export type DeskPorts = PebblePlaces & { responderDns: number };

export async function startDesk(directory: string, pebble: Pebble, ports: DeskPorts): Promise<Desk> {
  const configFile = join(directory, 'chancery.toml');
  writeFileSync(configFile, configuration(pebble, ports));
  const place: ServerPlace = { directory: join(directory, 'data'), configFile };
  const logs: string[] = [];
  let server: ServerProcess = spawnServer(place);
  const client: Client = { url: await server.listening, ...credentialsOf(place) };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    server.signal(signal);
    await server.ended;
    logs.push(server.log());
  };
  return {
    place,
    client,
    crash: async () => {
      await end('SIGKILL');
      server = spawnServer(place);
      client.url = await server.listening;
    },
    log: () => [...logs, server.log()].join('\n'),
    close: () => end('SIGTERM'),
  };
}

function configuration({ directoryUrl, trustedCa }: Pebble, ports: DeskPorts): string {
  const issuers = WAYS.map(
    ({ issuer, challenge }) => `
[issuers.${issuer}]
kind = "acme"
directory = "${directoryUrl}"
termsAgreed = true
contacts = ["peers@${DOMAIN}"]
challenges = ["${challenge}"]
trustedCa = "${trustedCa}"
allowedRanges = ["127.0.0.0/8", "::1/128"]
`,
  );
  const products = WAYS.map(
    ({ product, issuer }) => `[[products]]\nid = "${product}"\nissuers = ["${issuer}"]\nwildcardsAllowed = false\n`,
  );
  return `
[log]
level = "warn"
[accounts]
startBalance = 100000000
[rateLimits]
perSecond = 0
[workers]
jobs = 32
[validation]
dnsServers = ["127.0.0.1:${ports.dns}"]
allowedRanges = ["127.0.0.0/8"]
[responder]
http = "127.0.0.1:${ports.http}"
tlsAlpn = "127.0.0.1:${ports.tls}"
[responder.dns]
listen = "127.0.0.1:${ports.responderDns}"
zone = "${ZONE}"
${issuers.join('')}
${products.join('')}`;
}
