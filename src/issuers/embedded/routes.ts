import { createHash } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { type Clock, SECOND } from '../../core/time.ts';
import { certificatePath, ROOT_SHARD } from './addresses.ts';
import type { Ca } from './ca.ts';
import { newestCrl } from './crls.ts';

export interface CaRoutesOptions {
  ca: Ca;
  store: Store;
  clock: Clock;
}

/** Seconds a CA certificate may be kept by caches; it never changes under its key. */
const CERTIFICATE_AGE = 86_400;
/** Seconds a CRL may be kept: a revocation must not wait long to be seen. */
const CRL_AGE = 600;

/**
 * Serves what certificates point at, DER, to anybody: `GET /ca/<issuer>/root.crt` and `intermediate.crt`
 * (RFC 5280 §4.2.2.1) and `GET /crl/<issuer>/<shard>.crl` (§4.2.1.13), `root.crl` for the root's.
 */
export const caRoutes: FastifyPluginAsync<CaRoutesOptions> = async (app, { ca, store, clock }) => {
  const { issuer } = ca;

  for (const name of ['root', 'intermediate'] as const) {
    app.get(certificatePath(issuer, name), async (request, reply) =>
      answer(request, reply, ca[name].certificate, 'application/pkix-cert', CERTIFICATE_AGE),
    );
  }

  app.get<{ Params: { file: string } }>(`/crl/${issuer}/:file`, async (request, reply) => {
    const shard = shardOf(request.params.file);
    const crl = shard === null ? null : await newestCrl(store, issuer, shard);
    if (crl === null) {
      const { message } = notFound('This CRL');
      return reply.code(404).type('text/plain; charset=utf-8').send(`${message}\n`);
    }
    const left = Math.max(0, Math.floor((crl.nextUpdate - clock.now()) / SECOND));
    reply.header('last-modified', new Date(crl.thisUpdate).toUTCString());
    return answer(request, reply, crl.der, 'application/pkix-crl', Math.min(CRL_AGE, left));
  });
};

function shardOf(file: string): number | null {
  const match = /^(root|0|[1-9]\d{0,5})\.crl$/.exec(file);
  if (match === null) return null;
  return match[1] === 'root' ? ROOT_SHARD : Number(match[1]);
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  der: Uint8Array,
  type: string,
  age: number,
): FastifyReply {
  const tag = `"${createHash('sha256').update(der).digest('base64url')}"`;
  reply.header('etag', tag).header('cache-control', `public, max-age=${age}`);
  const seen = (request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (seen.includes(tag) || seen.includes('*')) return reply.code(304).send();
  return reply.type(type).send(Buffer.from(der.buffer, der.byteOffset, der.length));
}
