import type { Server } from 'node:http';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { requestIds } from './request-id.ts';

export interface AppOptions {
  /** Whose requests are answered; made by `createHttpServer`. */
  server: Server;
  log: FastifyBaseLogger;
  /** Write a line for every request. */
  logRequests: boolean;
  /** Bytes. */
  bodyLimit: number;
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  trustProxy: readonly string[];
}

/** Characters of one path parameter: a domain name and a little more. */
const PARAMETER_LIMIT = 300;

/**
 * Answers a server's requests: every request gets an id (`x-request-id`) and every answer its security headers. A
 * slash at the end, or one twice, makes no difference to a route. `app.ready()` lets it begin; binding is the server's own matter.
 */
export function createApp(options: AppOptions): FastifyInstance {
  const { server } = options;
  const app = fastify({
    serverFactory: (handler) => server.on('request', handler),
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    return503OnClosing: false,
    trustProxy: options.trustProxy.length === 0 ? false : [...options.trustProxy],
    genReqId: requestIds(),
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: PARAMETER_LIMIT },
  });

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
