import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { demand } from '../../core/permissions.ts';
import { parseJson } from '../../http/json-body.ts';
import { createRateLimiter } from '../../http/rate-limit.ts';
import type { Dialect, DialectContext } from '../dialect.ts';
import { askAgain } from './ask-again.ts';
import { newSecret, partsOf, secretOfHeader } from './credentials.ts';
import type { Endpoint, Query } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { ApiError, NOT_FOUND, renderError } from './errors.ts';
import { openApi, swagger } from './openapi.ts';
import { originOf } from './origin.ts';
import { readBody } from './read-body.ts';
import { BASE, DIALECT, PROOF_LABEL, type World } from './world.ts';

/** Domains and certificates of the WP Engine Hosting Platform API v1. */
export const wpEngine: Dialect = {
  name: DIALECT,
  credentialsKey: 'wpEngine',
  newSecret,
  // Who signs in is shown as a user of the account.
  firstRole: 'admin',
  hosting: {
    proofLabel: PROOF_LABEL,
    ready: {
      group: 'Ready site',
      website: 'readysite',
      hostnames: ['wp.ready.test', 'www.wp.ready.test', 'blog.ready.test'],
    },
  },
  describeCredentials: (_handle, secret, ready = null) => {
    const website = ready?.websites?.get(DIALECT);
    const { userId, password } = partsOf(secret);
    if (website === undefined) return { userId, password };
    const domains = website.hostnames.map(({ uid: id, name }) => ({ id, name }));
    return { userId, password, installId: website.uid, domains };
  },
  secretOf: ({ userId, password }) =>
    typeof userId === 'string' && typeof password === 'string' ? `${userId}:${password}` : null,
  exampleCommand: (baseUrl, _handle, secret) => `curl -u '${secret}' ${baseUrl}${BASE}/installs`,
  serve,
  askAgain,
  openApi,
};

/** Headers with which the vendor's gateway answers. Browsers of any origin may read; they still need the password. */
const HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': 'Content-Type,X-Amz-Date,Authorization,X-Api-Key',
} as const;

async function serve(app: FastifyInstance, context: DialectContext): Promise<void> {
  const checks = createRateLimiter({ perSecond: 1 / 5, burst: 1 }, context.clock);
  const takeStatusCheck = (id: number): number => (context.vendorLimits ? checks.take(String(id)) : 0);
  const world: World = { ...context, takeStatusCheck };
  await app.register(
    async (v1) => {
      readBodies(v1);
      v1.addHook('onRequest', async (request, reply) => {
        reply.headers({ ...HEADERS, 'x-amzn-requestid': request.id });
      });
      v1.setErrorHandler((error, request, reply) => fail(error, request, reply));
      v1.setNotFoundHandler((request, reply) => fail(new ApiError(404, NOT_FOUND), request, reply));
      for (const endpoint of ENDPOINTS) serveEndpoint(v1, world, endpoint);
      v1.get('/swagger', async (request, reply) => {
        countAddress(world, request);
        return send(reply, 200, swagger(originOf(world, request)));
      });
    },
    { prefix: BASE },
  );
}

/** JSON, whatever it is said to be. Nothing at all is told from an empty object. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) =>
    body.trim() === '' ? undefined : parseJson(body, 'The request body is not valid JSON'),
  );
}

/** One route. Nobody's body is read before the credentials are known. */
function serveEndpoint(app: FastifyInstance, world: World, endpoint: Endpoint): void {
  const actors = new WeakMap<FastifyRequest, Actor>();
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    config: { resource: endpoint.body?.resource ?? 'Request' },
    onRequest: async (request) => {
      if (endpoint.permission === null) return countAddress(world, request);
      actors.set(request, demand(await authenticate(world, request), endpoint.permission));
    },
    handler: async (request, reply) => {
      const params = request.params as Record<string, string>;
      const query = request.query as Query;
      const call = { actor: actors.get(request) as Actor, params, query, origin: originOf(world, request) };
      const { status, json } = await endpoint.handle(world, { ...call, body: bodyOf(endpoint, request.body) });
      return send(reply, status, json);
    },
  });
}

function bodyOf({ body }: Endpoint, sent: unknown): unknown {
  if (body === null) return null;
  if (sent === undefined && body.optional === true) return null;
  return readBody(body, sent ?? {});
}

/**
 * The actor behind user id and password, whose call is counted by its credential. Wrong ones are counted by address,
 * so that guessing is slow.
 * @throws DeskError `not-authenticated`, `too-many-requests`
 */
async function authenticate(world: World, request: FastifyRequest): Promise<Actor> {
  const secret = secretOfHeader(request.headers.authorization);
  const actor = secret === null ? null : await world.authenticate(secret);
  if (actor === null) {
    countAddress(world, request);
    throw new DeskError('not-authenticated', 'The user id or the password is missing or wrong');
  }
  const retryAfter = world.takeCall(`${DIALECT}:${actor.handle}/${actor.userName}`);
  if (retryAfter > 0) throw new DeskError('too-many-requests', 'Too many requests', { retryAfter });
  return actor;
}

function countAddress(world: World, request: FastifyRequest): void {
  const retryAfter = world.takeCall(`${DIALECT}:address:${request.ip}`);
  if (retryAfter > 0) throw new DeskError('too-many-requests', 'Too many requests', { retryAfter });
}

/** Fastify would add a charset, which the vendor's answers have none of. */
function send(reply: FastifyReply, status: number, json: unknown): FastifyReply {
  reply.code(status);
  if (json === undefined) return reply.send();
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(json)));
}

function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { resource } = request.routeOptions.config as { resource?: string };
  const { status, body, retryAfter } = renderError(error, resource);
  if (status >= 500) reply.log.error({ err: error }, 'A call failed');
  // RFC 9110 §11.6.1.
  if (status === 401) reply.header('www-authenticate', 'Basic realm="WP Engine API", charset="UTF-8"');
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  return send(reply, status, body);
}
