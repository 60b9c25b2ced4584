import type { ServerOptions } from 'node:https';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { requestIds } from './request-id.ts';

export interface AppOptions {
  log: FastifyBaseLogger;
  /** Write a line for every request. */
  logRequests: boolean;
  /** Bytes. */
  bodyLimit: number;
  /** Seconds for a client to send a whole request. */
  requestTimeout: number;
  /** Seconds for a client to send the headers. */
  headersTimeout: number;
  /** Seconds that an idle connection stays open. */
  keepAliveTimeout: number;
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  trustProxy: readonly string[];
  /** Serves HTTPS. */
  tls?: Pick<ServerOptions, 'key' | 'cert' | 'minVersion'>;
}

/** Bytes of all headers of a request. */
const HEADERS_LIMIT = 16_384;
/** Characters of one path parameter: a domain name and a little more. */
const PARAMETER_LIMIT = 300;

/**
 * An HTTP server that holds against slow and large clients (RFC 9110 §17), gives every request an id
 * (`x-request-id`) and every answer its security headers. A trailing slash makes no difference to a route.
 */
export function createApp(options: AppOptions): FastifyInstance {
  const limits = {
    headersTimeout: options.headersTimeout * 1_000,
    maxHeaderSize: HEADERS_LIMIT,
    // How often the two time-outs are looked at; Node's default of 30 s would stretch them.
    connectionsCheckingInterval: Math.min(options.headersTimeout * 500, 5_000),
  };
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    requestTimeout: options.requestTimeout * 1_000,
    keepAliveTimeout: options.keepAliveTimeout * 1_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: options.trustProxy.length === 0 ? false : [...options.trustProxy],
    genReqId: requestIds(),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PARAMETER_LIMIT },
    ...(options.tls === undefined ? { http: limits } : { https: { minVersion: 'TLSv1.2', ...limits, ...options.tls } }),
  } as object) as unknown as FastifyInstance;

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
  });
  if (options.logRequests) logEvery(app);
  return app;
}

/** The route's template stands in for the path, which may hold a secret (a confirmation link). */
function logEvery(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, ip } = request;
    const route = request.routeOptions.url ?? 'none';
    const milliseconds = Math.round(reply.elapsedTime * 10) / 10;
    request.log.info({ method, route, status: reply.statusCode, milliseconds, address: ip }, 'request');
  });
}
