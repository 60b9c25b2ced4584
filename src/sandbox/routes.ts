import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DeskError } from '../core/errors.ts';
import type { Sandbox } from './sandbox.ts';

const dnsBody = z.strictObject({ name: z.string(), type: z.string(), value: z.string() });
const fileBody = z.strictObject({ host: z.string(), path: z.string(), content: z.string() });
const filePlace = z.strictObject({ host: z.string(), path: z.string() });
const mailQuery = z.strictObject({ to: z.string().max(320).optional() });

/** Bytes: the largest file as JSON, escapes included. */
const BODY_LIMIT = 524_288;

/**
 * Publishes and reads the sandbox over HTTP:
 * `GET /sandbox`, `POST|DELETE /sandbox/dns`, `POST|DELETE /sandbox/files`, `GET /sandbox/mail?to=ADDRESS`.
 * Errors are JSON `{error, message, field?}`.
 */
export async function sandboxRoutes(app: FastifyInstance, { sandbox }: { sandbox: Sandbox }): Promise<void> {
  app.setErrorHandler(renderError);
  const limits = { bodyLimit: BODY_LIMIT };

  app.get('/sandbox', async () => ({ sandbox: true, ...sandbox.published() }));
  app.post('/sandbox/dns', limits, async (request, reply) => {
    sandbox.publishDns(read(dnsBody, request.body));
    return reply.code(204).send();
  });
  app.delete('/sandbox/dns', limits, async (request, reply) => {
    sandbox.removeDns(read(dnsBody, request.body));
    return reply.code(204).send();
  });
  app.post('/sandbox/files', limits, async (request, reply) => {
    sandbox.publishFile(read(fileBody, request.body));
    return reply.code(204).send();
  });
  app.delete('/sandbox/files', limits, async (request, reply) => {
    const { host, path } = read(filePlace, request.body);
    sandbox.removeFile(host, path);
    return reply.code(204).send();
  });
  app.get('/sandbox/mail', async (request) => {
    const { to } = read(mailQuery, request.query);
    // A plus sign that was not escaped arrives as a space, which no address of ours holds.
    return { messages: sandbox.messages(to?.replaceAll(' ', '+')) };
  });
}

/** Refuses the same paths where sandbox mode is off: 403 for every method. */
export async function sandboxDisabledRoutes(app: FastifyInstance): Promise<void> {
  const refuse = (_request: FastifyRequest, reply: FastifyReply) =>
    reply.code(403).send({
      error: 'sandbox-off',
      message: 'Sandbox mode is off: this server validates against the real world. Start without a configuration file.',
    });
  // Before the body is read.
  app.addHook('onRequest', refuse);
  app.all('/sandbox', refuse);
  app.all('/sandbox/*', refuse);
}

/** Marks every answer of `app`, and of what is registered on it later, with `x-chancery-sandbox: true`. */
export function sandboxHeader(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-chancery-sandbox', 'true');
  });
}

function read<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = unknown ?? issue?.path.join('.');
  throw new DeskError('invalid-value', issue?.message ?? 'Not understood', field ? { field } : {});
}

function renderError(error: FastifyError | DeskError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof DeskError) {
    const field = error.field === undefined ? {} : { field: error.field };
    return reply
      .code(error.kind === 'conflict' ? 409 : 400)
      .send({ error: error.kind, message: error.message, ...field });
  }
  const status = error.statusCode ?? 500;
  if (status < 500) return reply.code(status).send({ error: 'malformed-message', message: error.message });
  request.log.error({ err: error }, 'A sandbox call failed');
  return reply.code(500).send({ error: 'internal', message: 'Something went wrong; the log tells more' });
}
