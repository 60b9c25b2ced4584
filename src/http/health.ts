import type { FastifyInstance } from 'fastify';

/** What must work before this server may be sent requests; each throws or rejects where it does not. */
export type ReadyChecks = Readonly<Record<string, () => Promise<unknown>>>;

/** Milliseconds that one check may take. */
const PATIENCE = 2_000;

/**
 * `GET /healthz`: the process runs. `GET /readyz`: every check passed (200) or not (503), each named with `ok` or
 * `failed`; why it failed goes to the log only.
 */
export function healthRoutes(app: FastifyInstance, checks: ReadyChecks): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (request, reply) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await withPatience(check());
          return [name, 'ok'];
        } catch (err) {
          request.log.warn({ err, check: name }, 'not ready');
          return [name, 'failed'];
        }
      }),
    );
    const ready = results.every(([, result]) => result === 'ok');
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not-ready', checks: Object.fromEntries(results) });
  });
}

async function withPatience(work: Promise<unknown>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`took longer than ${PATIENCE} ms`)), PATIENCE);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
