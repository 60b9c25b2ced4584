import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { demand } from '../../core/permissions.ts';
import type { Dialect, DialectContext } from '../dialect.ts';
import { askAgain } from './ask-again.ts';
import { createCallLimit, type TakeCall } from './call-limit.ts';
import type { Answer, Endpoint, Query } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { renderError, VendorError } from './errors.ts';
import { openApi } from './openapi.ts';
import { parseJson } from '../../http/json-body.ts';
import { readBody } from './read-body.ts';
import { newSecret } from './secret.ts';
import { BASE, createWorld, DIALECT, type World } from './world.ts';

/** The certificate-ordering part of the DigiCert CertCentral Services API v2. */
export const digicert: Dialect = {
  name: DIALECT,
  credentialsKey: 'digicert',
  newSecret,
  // Somebody must be able to make users and other keys.
  firstRole: 'admin',
  describeCredentials: (_handle, secret, ready = null) => ({
    apiKey: secret,
    ...(ready === null ? {} : { organizationId: ready.organizationId, readyDomain: ready.domain }),
  }),
  exampleCommand: (baseUrl, _handle, secret) => `curl -H 'X-DC-DEVKEY: ${secret}' ${baseUrl}${BASE}/product`,
  serve,
  askAgain,
  openApi,
};

async function serve(app: FastifyInstance, context: DialectContext): Promise<void> {
  const world = createWorld(context);
  const limit = context.vendorLimits ? createCallLimit(context.clock) : () => true;
  await app.register(
    async (v2) => {
      readBodies(v2);
      v2.setErrorHandler((error, _request, reply) => fail(error, reply));
      v2.setNotFoundHandler((_request, reply) =>
        fail(new VendorError(404, 'not_found|route', 'The specified route was not found.'), reply),
      );
      for (const endpoint of ENDPOINTS) serveEndpoint(v2, world, endpoint, limit);
    },
    { prefix: BASE },
  );
}

/** JSON, whatever it is said to be: clients of old send it without a type, or as a form. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) =>
    parseJson(body, 'The request body is not valid JSON.'),
  );
}

/** One route. Nobody's body is read before the key is known. */
function serveEndpoint(app: FastifyInstance, world: World, endpoint: Endpoint, limit: TakeCall): void {
  const actors = new WeakMap<FastifyRequest, Actor>();
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    onRequest: async (request) => {
      if (endpoint.permission === null) return countAddress(world, request);
      actors.set(request, demand(await authenticate(world, request, limit), endpoint.permission));
    },
    handler: async (request, reply) => {
      const actor = actors.get(request) as Actor;
      const body =
        endpoint.body === null ? {} : readBody(endpoint.body, request.body === undefined ? {} : request.body);
      const params = request.params as Record<string, string>;
      const { accept = '' } = request.headers;
      return send(reply, await endpoint.handle(world, { actor, params, query: request.query as Query, accept, body }));
    },
  });
}

/**
 * The actor behind `X-DC-DEVKEY`, whose call is counted by its key. Wrong keys are counted by address, so that
 * guessing is slow.
 * @throws DeskError `not-authenticated`, `too-many-requests`
 */
async function authenticate(world: World, request: FastifyRequest, limit: TakeCall): Promise<Actor> {
  const header = request.headers['x-dc-devkey'];
  const key = typeof header === 'string' ? header.trim() : '';
  const actor = key === '' ? null : await world.context.authenticate(key);
  if (actor === null) {
    countAddress(world, request);
    throw new DeskError('not-authenticated', 'The API key is missing or wrong');
  }
  const wait = world.context.takeCall(`${DIALECT}:${actor.handle}/${actor.userName}`);
  if (wait > 0 || !limit(key)) throw new DeskError('too-many-requests', 'Too many requests');
  return actor;
}

function countAddress({ context }: World, request: FastifyRequest): void {
  const wait = context.takeCall(`${DIALECT}:address:${request.ip}`);
  if (wait > 0) throw new DeskError('too-many-requests', 'Too many requests');
}

/** Fastify would add a charset to what it is given as text, and known clients compare the type as a whole. */
function send(reply: FastifyReply, { status, json, content }: Answer): FastifyReply {
  reply.code(status);
  if (content !== undefined) return sendContent(reply, content);
  if (json === undefined) return reply.send();
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(json)));
}

function sendContent(reply: FastifyReply, content: NonNullable<Answer['content']>): FastifyReply {
  const { type, body, fileName, headers = {} } = content;
  reply.headers({ ...headers, 'content-type': type });
  if (fileName !== undefined) reply.header('content-disposition', `attachment; filename="${fileName}"`);
  if (typeof body === 'string') return reply.send(Buffer.from(body));
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body.buffer, body.byteOffset, body.length));
  return reply.send(Readable.from(body));
}

function fail(error: unknown, reply: FastifyReply): FastifyReply {
  const { status, body } = renderError(error);
  if (status >= 500) reply.log.error({ err: error }, 'A call failed');
  return send(reply, { status, json: body });
}
