import type { FastifyInstance, FastifyRequest } from 'fastify';
import { adminRoutes } from '../admin/routes.ts';
import { createAuthenticator } from '../http/authenticate.ts';
import { docsRoutes } from '../http/docs.ts';
import { renderErrors } from '../http/errors.ts';
import { healthRoutes } from '../http/health.ts';
import type { Metrics } from '../http/metrics.ts';
import { createRateLimiter } from '../http/rate-limit.ts';
import { DeskError } from '../core/errors.ts';
import type { Webhooks } from '../core/webhooks.ts';
import { caRoutes } from '../issuers/embedded/routes.ts';
import { confirmationPage } from '../notify/confirmation-page.ts';
import { createWebhookOffice } from '../notify/webhook-office.ts';
import { sandboxDisabledRoutes, sandboxHeader, sandboxRoutes } from '../sandbox/routes.ts';
import type { OpenDesk } from './desk.ts';
import { webhookDialects } from './dialects.ts';
import { type Foundation, officeOf } from './foundation.ts';
import { countedDesk } from './measure.ts';
import type { World } from './world.ts';

export interface Routed {
  foundation: Foundation;
  world: World;
  desk: OpenDesk;
  metrics: Metrics;
  publicUrl: () => string;
  /** Throws where the jobs of this process stand still. */
  checkJobs: () => Promise<void>;
}

/** Everything that the server answers to. */
export async function registerRoutes(app: FastifyInstance, routed: Routed): Promise<void> {
  const { foundation, world, desk, metrics } = routed;
  const { config, store, clock, served } = foundation;
  if (world.sandbox !== null) sandboxHeader(app);
  renderErrors(app);
  await app.register(async (part) => {
    metrics.observe(part, 'server');
    docsRoutes(part, served);
    healthRoutes(part, {
      database: () => store.find('settings', { name: 'none' }, { limit: 1 }),
      ca: async () => checkCa(desk, clock.now()),
      jobs: routed.checkJobs,
    });
    await part.register(caRoutes, { ca: desk.ca, store, clock });
    await part.register(confirmationPage, {
      store,
      clock,
      productName: (id) => config.catalogue.get(id)?.name ?? id,
      confirm: desk.office.confirm,
      decline: desk.office.decline,
    });
    if (world.sandbox === null) await part.register(sandboxDisabledRoutes);
    else await part.register(sandboxRoutes, { sandbox: world.sandbox });
  });
  await registerAdmin(app, routed);
  for (const dialect of served) await registerDialect(app, routed, dialect);
}

async function registerAdmin(app: FastifyInstance, { foundation, desk, metrics }: Routed): Promise<void> {
  const { store, clock, config } = foundation;
  const authenticate = createAuthenticator({ store, clock, dialect: 'admin', evenLocked: true });
  const { take: takeCall } = createRateLimiter(config.rateLimits, clock);
  const office = officeOf(foundation, desk.office);
  await app.register(
    async (part) => {
      metrics.observe(part, 'admin');
      await adminRoutes(part, { office, checkouts: desk.platform.operatorCheckouts, authenticate, takeCall });
    },
    { prefix: '/admin/v1' },
  );
  app.get('/metrics', async (request, reply) => {
    const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const allowed = isLocal(request) || (key !== undefined && (await authenticate(key)) !== null);
    if (!allowed)
      throw new DeskError('not-authenticated', 'From elsewhere than this machine /metrics needs an admin key');
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

async function registerDialect(
  app: FastifyInstance,
  routed: Routed,
  dialect: Foundation['served'][number],
): Promise<void> {
  const { foundation, world, desk, metrics, publicUrl } = routed;
  const { store, clock, random, deriveKey, config } = foundation;
  const { take: takeCall } = createRateLimiter(config.rateLimits, clock);
  const webhooks = webhookOffice(routed, dialect.name);
  const { subscriberKeys, keyTools, keptFiles, hosting, checkouts } = desk.platform;
  await app.register(async (part) => {
    metrics.observe(part, dialect.name);
    await dialect.serve(part, {
      desk: countedDesk(desk.office.desk, metrics, dialect.name),
      registry: desk.office.registry(dialect.name),
      webhooks,
      store,
      clock,
      random,
      catalogue: config.catalogue,
      rules: desk.rules,
      pki: desk.pki,
      names: desk.names,
      issuers: desk.issuers,
      hosting: hosting(dialect),
      subscriberKeys,
      keyTools,
      keptFiles,
      domains: world.domains,
      lookAt: world.lookAt,
      checkouts: checkouts(dialect.name),
      shop: config.shop,
      authenticate: createAuthenticator({ store, clock, dialect: dialect.name }),
      authenticateOperator: createAuthenticator({ store, clock, dialect: 'admin', evenLocked: true }),
      deriveKey,
      takeCall,
      vendorLimits: config.rateLimits.vendorLimits,
      publicUrl,
      log: app.log,
    });
  });
}

function webhookOffice({ foundation, world, desk }: Routed, dialect: string): Webhooks {
  const { store, clock, box, config } = foundation;
  const sides = webhookDialects({ store, catalogue: config.catalogue, issuers: desk.issuers });
  const sign = sides.get(dialect)?.sign ?? (() => ({}));
  const allowHttp = config.sandbox.enabled;
  return createWebhookOffice({
    store,
    clock,
    dialect,
    sign,
    allowHttp,
    seal: box.seal,
    open: box.open,
    fetch: world.fetch,
  });
}

/** From this machine itself, and not passed on by a proxy on it. */
function isLocal({ socket, headers }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? '';
  const loopback = address === '::1' || /^(::ffff:)?127\./.test(address);
  return loopback && headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
}

function checkCa({ ca }: OpenDesk, now: number): void {
  if (ca.intermediate.notAfter <= now) throw new Error('the intermediate CA certificate has expired');
}
