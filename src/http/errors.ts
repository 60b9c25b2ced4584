import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DeskError, type ErrorKind } from '../core/errors.ts';

/** The HTTP status of each kind, for what is not a dialect. */
const STATUS: Readonly<Record<ErrorKind, number>> = {
  'not-authenticated': 401,
  'not-allowed': 403,
  'not-found': 404,
  'already-exists': 409,
  'invalid-value': 400,
  'invalid-csr': 400,
  'unknown-property': 400,
  'malformed-message': 400,
  'product-not-available': 400,
  'wrong-state': 409,
  conflict: 409,
  'insufficient-balance': 402,
  'validation-failed': 422,
  'too-many-requests': 429,
  'issuer-unavailable': 503,
  internal: 500,
};

/**
 * What Fastify itself refuses (bad JSON, too large a body, an unknown content type, a bad path) as an error of the
 * heart with its own status; null for everything else.
 */
export function refusedByServer(error: unknown): { error: DeskError; status: number } | null {
  const status = (error as Partial<FastifyError>).statusCode;
  if (!(error instanceof Error) || status === undefined || status < 400 || status >= 500) return null;
  return { error: new DeskError('malformed-message', error.message, { cause: error }), status };
}

/**
 * Errors and unknown paths of an instance as JSON `{error: {kind, message, violations}}`. What is not an error of the
 * heart becomes `internal`; its cause goes to the log, never to the wire.
 */
export function renderErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    send(new DeskError('not-found', `There is no ${request.method} ${request.url.split('?')[0]}`), 404, reply),
  );
  app.setErrorHandler((error, request: FastifyRequest, reply) => {
    const refused = error instanceof DeskError ? null : refusedByServer(error);
    if (refused !== null) return send(refused.error, refused.status, reply);
    if (error instanceof DeskError && error.kind !== 'internal') return send(error, STATUS[error.kind], reply);
    request.log.error({ err: error }, 'request failed');
    return send(new DeskError('internal', 'Something went wrong; the log tells more'), 500, reply);
  });
}

function send({ kind, message, violations, retryAfter }: DeskError, status: number, reply: FastifyReply): FastifyReply {
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  return reply.code(status).send({ error: { kind, message, violations } });
}
