import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Logger } from 'pino';
import type { Config } from './config/load.ts';
import { warnOfMadeKeys } from './config/made-keys.ts';
import { DAY, HOUR, SECOND } from './core/time.ts';
import { createApp } from './http/create-app.ts';
import { bind, createHttpServer, unbind } from './http/http-server.ts';
import { createMetrics } from './http/metrics.ts';
import { caRoutes } from './issuers/embedded/routes.ts';
import { makeServerCertificate } from './issuers/embedded/server-certificate.ts';
import { createJobRunner } from './jobs/runner.ts';
import { hostingDialects } from './serve/dialects.ts';
import { lockDataDirectory, makeDataDirectory } from './serve/data-lock.ts';
import { type OpenDesk, openDesk } from './serve/desk.ts';
import { type FirstStart, firstStart, readCredentials } from './serve/first-start.ts';
import { type Foundation, officeOf, openFoundation } from './serve/foundation.ts';
import { enqueueRecurring, jobHandlers } from './serve/job-handlers.ts';
import { type Responders, startResponders } from './serve/responders.ts';
import { registerRoutes } from './serve/routes.ts';
import { openWorld } from './serve/world.ts';

export interface RunningServer {
  url: string;
  database: 'sqlite' | 'postgres';
  /** Keys of the first start; null where `credentials.json` is gone. */
  credentials: FirstStart | null;
  /** Those that are served. */
  dialects: Foundation['served'];
  /** Where challenges of CAs outside are answered, by what answers. */
  responders: Responders['listening'];
  /** Lets what runs end, for a few seconds, and closes everything. */
  close(): Promise<void>;
}

/** Milliseconds for running requests, so that all of closing stays below 10 s. */
const PATIENCE = 5_000;

/**
 * Puts everything together and serves: binds the port, opens database, CA and the world outside, makes the first
 * account, and starts the jobs. What was opened is closed again where a later step fails.
 * @throws DeskError with what to do; the error of the system where the address cannot be bound
 */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  if (config.secrets.databaseUrl === null) opened.defer(lockDataDirectory(config.data));

  const server = createHttpServer(config.http, config.tls.enabled);
  opened.defer(() => unbind(server, 0));
  const port = await bind(server, config.listen.host, config.listen.port);
  const ownUrl = `${config.tls.enabled ? 'https' : 'http'}://${reachable(config.listen.host)}:${port}`;
  const publicUrl = (): string => config.publicUrl ?? ownUrl;

  makeDataDirectory(config.data);
  const foundation = await openFoundation(config, log);
  opened.defer(() => foundation.close());
  const { store, clock, random, served } = foundation;
  for (const warning of warnOfMadeKeys(config, hostingDialects(served))) log.warn(warning);
  const world = await openWorld(config, { clock, random, store });
  opened.defer(() => world.close());
  const metrics = createMetrics();
  metrics.gauge('chancery_store_units', 'Units of work stored since the start', () => store.stats().units);
  metrics.gauge('chancery_store_commits', 'Commits that those units shared', () => store.stats().commits);

  const responders = await startResponders(foundation, world, metrics);
  opened.defer(() => responders.close());
  const plain = config.tls.enabled ? await bindPlain(config, port, opened) : null;
  const caUrl = (): string => config.ca.url ?? plain?.url ?? plainUrl(publicUrl(), ownUrl);
  let wake = (): void => undefined;
  const desk = await openDesk(foundation, {
    domains: world.domains,
    names: world.names,
    caUrl,
    threads: config.workers.crypto,
    wake: () => wake(),
    metrics,
    board: responders.board,
  });
  opened.defer(() => desk.close());
  if (config.tls.enabled) opened.defer(await serveCertificate(server as TlsServer, foundation, desk));
  await desk.crls.publishDue();

  const made = await firstStart(officeOf(foundation, desk.office), served, config.data, config.sandbox.enabled);
  const jobs = createJobRunner({
    store,
    clock,
    log,
    handlers: jobHandlers({ foundation, world, desk, publicUrl }),
    concurrency: config.workers.jobs,
    leaseMs: config.workers.takeOver * SECOND,
    onJob: metrics.worked,
  });
  wake = jobs.wake;
  opened.defer(() => jobs.stop());
  await store.takeOverLeases();
  await enqueueRecurring(store, clock);

  const app = createApp({ ...config.http, server, log, logRequests: config.log.requests });
  await registerRoutes(app, { foundation, world, desk, metrics, publicUrl, checkJobs: async () => jobs.check() });
  opened.defer(() => app.close());
  if (plain !== null) await servePlain(plain.server, config, log, foundation, desk, opened);
  await app.ready();
  jobs.start();

  const kept = opened.move();
  const close = async (): Promise<void> => {
    await Promise.all([app.close(), unbind(server, PATIENCE)]);
    await kept.disposeAsync();
  };
  const credentials = made ?? readCredentials(config.data, served);
  return {
    url: ownUrl,
    database: store.engine,
    credentials,
    dialects: served,
    responders: responders.listening,
    close,
  };
}

/** How this machine reaches an address that it listens on. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Certificates point at plain HTTP (BR 7.1.2.11.2), so a public address with TLS in front of us does not do. */
function plainUrl(publicUrl: string, ownUrl: string): string {
  return publicUrl.startsWith('http://') ? publicUrl : ownUrl;
}

/** Beside TLS: a plain port for CRLs and CA certificates, the next one unless configured. */
async function bindPlain(
  config: Config,
  port: number,
  opened: AsyncDisposableStack,
): Promise<{ server: Server; url: string }> {
  const server = createHttpServer(config.http, false);
  opened.defer(() => unbind(server, 0));
  const fallback = { host: config.listen.host, port: config.listen.port === 0 ? 0 : port + 1 };
  const { host, port: wanted } = config.ca.listen ?? fallback;
  return { server, url: `http://${reachable(host)}:${await bind(server, host, wanted)}` };
}

async function servePlain(
  server: Server,
  config: Config,
  log: Logger,
  { store, clock }: Foundation,
  { ca }: OpenDesk,
  opened: AsyncDisposableStack,
): Promise<void> {
  const app = createApp({ ...config.http, server, log, logRequests: config.log.requests });
  opened.defer(() => app.close());
  await app.register(caRoutes, { ca, store, clock });
  await app.ready();
}

/** Gives the server a certificate of the own CA, and a new one in time. Answers with what ends that. */
async function serveCertificate(server: TlsServer, foundation: Foundation, { ca }: OpenDesk): Promise<() => void> {
  const { store, clock, random, config, log } = foundation;
  const hosts = [...config.tls.names, ...(config.publicUrl === null ? [] : [new URL(config.publicUrl).hostname])];
  let notAfter = 0;
  const renew = async (): Promise<void> => {
    if (notAfter - clock.now() > 30 * DAY) return;
    const made = await makeServerCertificate({ ca, store, clock, random, hosts });
    server.setSecureContext({ key: made.key, cert: made.certificate });
    notAfter = made.notAfter;
  };
  await renew();
  const complain = (err: unknown): void => log.error({ err }, 'the certificate of this server was not renewed');
  const timer = setInterval(() => void renew().catch(complain), HOUR);
  return () => clearInterval(timer);
}
