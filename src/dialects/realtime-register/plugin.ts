import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import type { Dialect, DialectContext } from '../dialect.ts';
import { mayChange, type Answer, type Endpoint, type Query } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { renderError } from './errors.ts';
import { openApi } from './openapi.ts';
import { parseJson } from '../../http/json-body.ts';
import { readBody } from './read-body.ts';
import { createWorld, DIALECT, type RealtimeRegisterOptions, type World } from './world.ts';

export { createWebhookSide, signWebhook } from './webhook.ts';
export type { RealtimeRegisterOptions } from './world.ts';

/** The Realtime Register v2 SSL API. */
export function createRealtimeRegister(options: RealtimeRegisterOptions = {}): Dialect {
  return {
    name: DIALECT,
    credentialsKey: 'realtimeRegister',
    newSecret,
    describeCredentials: (handle, secret) => ({ apiKey: secret, customer: handle }),
    exampleCommand: (baseUrl, _handle, secret) =>
      `curl -H 'Authorization: ApiKey ${secret}' ${baseUrl}/v2/ssl/products`,
    serve: (app, context) => serve(app, context, options),
    openApi,
  };
}

export const realtimeRegister: Dialect = createRealtimeRegister();

/** Base64 of `handle/` and 256 random bits: known clients read the customer's handle out of the key. */
function newSecret(handle: string, random: Random): string {
  const bits = Buffer.from(random.bytes(32)).toString('base64url');
  return Buffer.from(`${handle}/${bits}`, 'utf8').toString('base64');
}

async function serve(app: FastifyInstance, context: DialectContext, options: RealtimeRegisterOptions): Promise<void> {
  const world = createWorld(context, options);
  await app.register(
    async (v2) => {
      readBodies(v2);
      v2.setErrorHandler((error, _request, reply) => fail(error, reply));
      v2.setNotFoundHandler((request, reply) => {
        const path = request.url.split('?', 1)[0] ?? '';
        return reply
          .code(404)
          .send({ type: 'NotFound', message: `There is no ${request.method} ${path.slice(0, 200)}` });
      });
      for (const endpoint of ENDPOINTS) serveEndpoint(v2, world, endpoint);
    },
    { prefix: '/v2' },
  );
}

/** JSON, an empty body included. Any other type is refused unless there is nothing in it. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) =>
    parseJson(body, 'The body is not valid JSON'),
  );
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) => {
    if (body.trim() === '') return {};
    throw Object.assign(new Error('The body must be of type application/json'), { statusCode: 415 });
  });
}

/**
 * One route. Clients call with and without a slash at the end and follow no redirect: the server's router ignores it
 * (src/http/create-app.ts). Nobody's body is read before the key is known.
 */
function serveEndpoint(app: FastifyInstance, world: World, endpoint: Endpoint): void {
  const actors = new WeakMap<FastifyRequest, Actor>();
  app.route({
    method: endpoint.method,
    url: endpoint.path.slice('/v2'.length),
    onRequest: async (request) => {
      const actor = await authenticate(world, request);
      if (!endpoint.lookOnly) mayChange(actor);
      actors.set(request, actor);
    },
    handler: async (request, reply) => {
      const actor = actors.get(request) as Actor;
      const body =
        endpoint.body === null ? {} : readBody(endpoint.body, request.body === undefined ? {} : request.body);
      const params = request.params as Record<string, string>;
      return send(reply, await endpoint.handle(world, { actor, params, query: request.query as Query, body }));
    },
  });
}

const AUTHORIZATION = /^ApiKey +([A-Za-z0-9+/=_-]{1,512})$/i;

/**
 * The actor behind `Authorization: ApiKey <key>`, whose call is counted. Wrong keys are counted by address, so that
 * guessing is slow.
 * @throws DeskError `not-authenticated`, `too-many-requests`
 */
async function authenticate({ context }: World, request: FastifyRequest): Promise<Actor> {
  const key = AUTHORIZATION.exec(request.headers.authorization ?? '')?.[1];
  const actor = key === undefined ? null : await context.authenticate(key);
  const caller = actor === null ? `address:${request.ip}` : `${actor.handle}/${actor.userName}`;
  const wait = context.takeCall(`${DIALECT}:${caller}`);
  if (wait > 0)
    throw new DeskError('too-many-requests', `Too many requests; try again in ${wait} s`, { retryAfter: wait });
  if (actor === null) throw new DeskError('not-authenticated', 'The API key is missing or wrong');
  return actor;
}

function send(reply: FastifyReply, { status, json, text, stream, processId }: Answer): FastifyReply {
  reply.code(status);
  if (processId !== undefined) reply.header('x-process-id', String(processId));
  if (stream !== undefined) return reply.type('application/json; charset=utf-8').send(Readable.from(stream));
  if (text !== undefined) return reply.type('application/octet-stream').send(text);
  if (json !== undefined) return reply.type('application/json; charset=utf-8').send(JSON.stringify(json));
  return reply.send();
}

function fail(error: unknown, reply: FastifyReply): FastifyReply {
  const { status, body, retryAfter } = renderError(error);
  if (status >= 500) reply.log.error({ err: error }, 'A call failed');
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
}
