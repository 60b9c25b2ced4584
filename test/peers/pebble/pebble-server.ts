import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openssl } from '../../support/openssl.ts';

export interface PebblePlaces {
  /** Where it looks names up. */
  dns: number;
  /** Ports at which it validates. */
  http: number;
  tls: number;
  /** Its own. */
  acme: number;
  management: number;
}

export interface Pebble {
  directoryUrl: string;
  /** File with the CA of its TLS certificate, PEM. */
  trustedCa: string;
  /** Lines of its log that tell of an issued certificate. */
  issued: string[];
  /** Signed calls that it got. */
  calls(): number;
  /** What it says of its own nastiness. */
  settings(): string[];
  log(): string;
  close(): Promise<void>;
}

/**
 * Starts Pebble with its defaults: 5 % of good nonces rejected, random sleeps before it validates, half of valid
 * authorizations used again.
 */
export async function startPebble(command: string, directory: string, places: PebblePlaces): Promise<Pebble> {
  const file = (name: string): string => join(directory, name);
  makeCertificate(directory);
  const pebble = {
    listenAddress: `127.0.0.1:${places.acme}`,
    managementListenAddress: `127.0.0.1:${places.management}`,
    certificate: file('pebble.pem'),
    privateKey: file('pebble.key'),
    httpPort: places.http,
    tlsPort: places.tls,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  writeFileSync(file('pebble.json'), JSON.stringify({ pebble }));
  const args = ['-config', file('pebble.json'), '-strict', '-dnsserver', `127.0.0.1:${places.dns}`];
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const lines: string[] = [];
  const issued: string[] = [];
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  const read = (line: string): void => {
    lines.push(line);
    if (/Issued certificate serial/i.test(line)) issued.push(line);
    if (/Listening on:/i.test(line) || /ACME directory available/i.test(line)) resolve();
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as NodeJS.ReadableStream }).on('line', read);
  }
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`Pebble ended with ${code}: ${lines.slice(-5).join(' ')}`)));
  await listening;
  return {
    directoryUrl: `https://localhost:${places.acme}/dir`,
    trustedCa: file('pebble-ca.pem'),
    issued,
    calls: () => lines.filter((line) => / POST \//.test(line)).length,
    settings: () => lines.flatMap((line) => /(Configured to .*)$/.exec(line)?.[1] ?? []),
    log: () => lines.join('\n'),
    close: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** A CA and a certificate for localhost: what Pebble serves HTTPS with. */
function makeCertificate(directory: string): void {
  const file = (name: string): string => join(directory, name);
  const ec = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'.split(' ');
  openssl([...ec, '-subj', '/CN=Peers CA', '-keyout', file('ca.key'), '-out', file('pebble-ca.pem')]);
  const leaf = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const signer = ['-CA', file('pebble-ca.pem'), '-CAkey', file('ca.key')];
  openssl([...ec, ...leaf, ...signer, '-keyout', file('pebble.key'), '-out', file('pebble.pem')]);
}
