import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { refusedByServer } from '../../http/errors.ts';
import { findApi2Function } from './api2.ts';
import { CallFailure, type UapiFunction } from './call.ts';
import { ACCESS_DENIED, asApi2, failed, inWhm, type Result, succeeded, whmFailure, wrapped } from './envelopes.ts';
import { applyListOptions } from './list-options.ts';
import { html, loginPage } from './login.ts';
import { described } from './market/described.ts';
import { findFunction } from './modules.ts';
import { createParameters, type Pairs } from './parameters.ts';
import { pairsOf } from './read-body.ts';
import { actFor, type Caller, Refused, signIn } from './sign-in.ts';
import type { World } from './world.ts';

/** A call as one form of address has it. */
interface Asked {
  module: string;
  func: string;
  /** Whom an operator's call is for. */
  user: string | undefined;
  find(module: string, func: string): UapiFunction;
  envelope(module: string, func: string, result: Result): unknown;
  /** Where it does not come to a call. */
  refusal(reason: string): unknown;
}

type ReadAddress = (params: Readonly<Record<string, string>>, parameters: Pairs) => Asked;

const METHODS = ['GET', 'POST'] as const;

/**
 * Every form of address: `/execute/Module/function`, the same under a session's `/cpsessN`, under `/wrapped` (answers
 * as the published description has them), `/json-api/cpanel` and WHM's `/json-api/uapi_cpanel`.
 */
export function apiRoutes(app: FastifyInstance, world: World): void {
  app.setErrorHandler((error, _request, reply) => fail(error, reply));
  const callers = new WeakMap<FastifyRequest, Caller>();
  const serve = (url: string, readAddress: ReadAddress): void => {
    app.route({
      method: [...METHODS],
      url,
      onRequest: async (request) => {
        // Nobody's body is read before it is known who calls.
        const { digits = null } = request.params as { digits?: string };
        callers.set(request, await signIn(world, request, digits));
      },
      handler: async (request, reply) => {
        const pairs = pairsOf(request);
        const asked = readAddress(request.params as Record<string, string>, pairs);
        const actor = await actFor(world, callers.get(request) as Caller, asked.user);
        if (actor === null) return json(reply, 200, asked.refusal(`There is no user “${asked.user ?? ''}”.`));
        const result = await run({ world, actor, request, pairs }, asked);
        return json(reply, 200, asked.envelope(asked.module, asked.func, result));
      },
    });
  };
  for (const session of ['', '/cpsess:digits']) {
    serve(
      `${session}/execute/:module/:func`,
      execute((_module, _func, result) => result),
    );
    serve(`${session}/wrapped/execute/:module/:func`, execute(described));
    serve(`${session}/json-api/cpanel`, jsonApi);
    serve(`${session}/json-api/uapi_cpanel`, whmApi);
  }
}

interface Run {
  world: World;
  actor: Actor;
  request: FastifyRequest;
  pairs: Pairs;
}

async function run({ world, actor, request, pairs }: Run, { module, func, find }: Asked): Promise<Result> {
  const parameters = createParameters(pairs);
  const origin = world.publicUrl();
  try {
    const called = find(module, func);
    return succeeded(applyListOptions(await called({ actor, module, func, parameters, world, origin }), parameters));
  } catch (error) {
    if (!isExpected(error)) request.log.error({ err: error, module, func }, 'A call failed');
    return failed(error);
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof CallFailure || (error instanceof DeskError && error.kind !== 'internal');
}

function execute(envelope: Asked['envelope']): ReadAddress {
  return ({ module = '', func = '' }) => {
    const refusal = (reason: string): unknown => envelope(module, func, failed(new CallFailure(reason)));
    return { module, func, user: undefined, find: findFunction, envelope, refusal };
  };
}

/** API 3 is UAPI; without a version it is API 2. */
const jsonApi: ReadAddress = (_params, pairs) => {
  const [module = '', func = '', user, version = '2'] = ['module', 'func', 'user', 'apiversion'].map((name) =>
    valueIn(pairs, `cpanel_jsonapi_${name}`),
  );
  const kind = { '2': { find: findApi2Function, envelope: asApi2 }, '3': { find: findFunction, envelope: wrapped } };
  if (version !== '2' && version !== '3') {
    throw new DeskError('malformed-message', 'Only the API versions 2 and 3 are served');
  }
  const { find, envelope } = kind[version];
  const refusal = (reason: string): unknown => envelope(module, func, failed(new CallFailure(reason)));
  return { module, func, user, find, envelope, refusal };
};

const whmApi: ReadAddress = (_params, pairs) => {
  const [module = '', func = '', user] = ['module', 'function', 'user'].map((name) => valueIn(pairs, `cpanel.${name}`));
  const envelope: Asked['envelope'] = (_module, _func, result) => inWhm(result);
  return { module, func, user, find: findFunction, envelope, refusal: (reason) => whmFailure('uapi_cpanel', reason) };
};

function valueIn(pairs: Pairs, name: string): string | undefined {
  return pairs.find(([other]) => other === name)?.[1];
}

function fail(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof Refused) return refuse(error, reply);
  const refused = error instanceof DeskError ? null : refusedByServer(error);
  const known = refused?.error ?? error;
  if (known instanceof DeskError && known.retryAfter !== undefined) {
    reply.header('retry-after', String(known.retryAfter));
  }
  const status = refused?.status ?? statusOf(error);
  if (status === 500) reply.log.error({ err: error }, 'A call failed');
  return json(reply, status, failed(known));
}

function statusOf(error: unknown): number {
  if (!(error instanceof DeskError)) return 500;
  const { kind } = error;
  return kind === 'too-many-requests' ? 429 : kind === 'malformed-message' ? 400 : 500;
}

/** A wrong key is told as JSON; who sent none is shown where to sign in. */
function refuse({ why }: Refused, reply: FastifyReply): FastifyReply {
  if (why !== 'denied') {
    reply.raw.statusMessage = why === 'token' ? 'Token Denied' : 'Access Denied';
    return html(reply, 401, loginPage());
  }
  reply.raw.statusMessage = 'Forbidden Access denied';
  const body = Buffer.from(JSON.stringify(ACCESS_DENIED));
  return reply.code(403).header('content-type', 'text/plain; charset="utf-8"').send(body);
}

function json(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  const type = 'application/json; charset="utf-8"';
  return reply
    .code(status)
    .header('content-type', type)
    .send(Buffer.from(JSON.stringify(body)));
}
