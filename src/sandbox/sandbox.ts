import type { Clock } from '../core/time.ts';
import type { PublishedRecord, RecordText } from './dns-records.ts';
import { type Endpoint, startDnsServer } from './dns-server.ts';
import { createZone } from './dns-zone.ts';
import { type CaughtMail, startMailSink } from './mail-sink.ts';
import { isReserved } from './reserved-names.ts';
import { type FileLookup, type PublishedFile, startWebServer } from './web-server.ts';

const LOOPBACK = '127.0.0.1';

/** The offline world of the default start: DNS, web and mail for names that nobody can own. */
export interface Sandbox {
  /** UDP and TCP. */
  dns: Endpoint;
  web: Endpoint;
  smtp: Endpoint;
  /**
   * Where a connection to a reserved name's port 80 goes: the sandbox's web server, as long as DNS leads there. Null
   * for every other name or port, and where an address was published that leads elsewhere.
   */
  route(host: string, port: number): { address: string; port: number } | null;
  isReserved(name: string): boolean;
  /** @throws DeskError `invalid-value`, `conflict` where the sandbox is full */
  publishDns(record: RecordText): void;
  /** @throws DeskError `invalid-value` */
  removeDns(record: RecordText): void;
  /** @throws DeskError `invalid-value`, `conflict` where the sandbox is full */
  publishFile(file: PublishedFile): void;
  removeFile(host: string, path: string): void;
  published(): { dns: PublishedRecord[]; files: PublishedFile[] };
  /** Mails to an address, or all; oldest first. */
  messages(to?: string): CaughtMail[];
  close(): Promise<void>;
}

export interface SandboxOptions {
  clock: Clock;
  log?: { warn(details: object, message: string): void };
  /** Answers for files that nobody published. */
  lookup?: FileLookup;
}

/** Starts the three servers on loopback, each on a free port. */
export async function startSandbox({ clock, log, lookup }: SandboxOptions): Promise<Sandbox> {
  const zone = createZone(LOOPBACK);
  const onError = (error: Error): void => log?.warn({ err: error }, 'A server of the sandbox met an error');
  const dns = await startDnsServer(zone, onError, LOOPBACK);
  const web = await startWebServer({ host: LOOPBACK, onError, ...(lookup === undefined ? {} : { lookup }) });
  const smtp = await startMailSink(clock, LOOPBACK);

  function route(host: string, port: number): { address: string; port: number } | null {
    if (port !== 80 || !isReserved(host)) return null;
    const { answers } = zone.lookup(host, 'A');
    const leadsHere = answers.some((answer) => answer.type === 'A' && answer.data === LOOPBACK);
    return leadsHere ? { address: web.host, port: web.port } : null;
  }

  return {
    dns: { host: dns.host, port: dns.port },
    web: { host: web.host, port: web.port },
    smtp: { host: smtp.host, port: smtp.port },
    route,
    isReserved,
    publishDns: (record) => zone.add(record),
    removeDns: (record) => zone.remove(record),
    publishFile: (file) => web.publish(file),
    removeFile: (host, path) => web.remove(host, path),
    published: () => ({ dns: zone.records(), files: web.files() }),
    messages: (to) => smtp.messages(to),
    close: async () => {
      await Promise.all([dns.close(), web.close(), smtp.close()]);
    },
  };
}
