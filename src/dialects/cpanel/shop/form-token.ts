import { createHmac } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSameSite, valueOf } from '../login.ts';
import type { Pairs } from '../parameters.ts';
import { sameText } from '../secrets.ts';
import { cookieText, readCookie, sessionCookie } from '../sessions.ts';
import type { World } from '../world.ts';

const COOKIE = 'cpform';
/** Of the form's hidden field. */
export const TOKEN_FIELD = 'form_token';

/**
 * The token that a form must send back: it belongs to a cookie of this browser and to its session, so that no other
 * site can make it, nor bring its own.
 */
export function formToken(world: World, request: FastifyRequest, reply: FastifyReply): string {
  const known = readCookie(request, COOKIE);
  const isOurs = known !== null && /^[\w-]{22}$/.test(known);
  const value = isOurs ? known : Buffer.from(world.random.bytes(16)).toString('base64url');
  if (!isOurs) reply.header('set-cookie', cookieText(world, request, `${COOKIE}=${value}; Path=/market`));
  return tokenOf(world, request, value);
}

/** Whether a form came from a page of ours, shown to this browser. */
export function isOwnForm(world: World, request: FastifyRequest, pairs: Pairs): boolean {
  const value = readCookie(request, COOKIE);
  if (value === null || !isSameSite(request)) return false;
  return sameText(valueOf(pairs, TOKEN_FIELD), tokenOf(world, request, value));
}

function tokenOf(world: World, request: FastifyRequest, value: string): string {
  const key = world.deriveKey('cpanel form tokens');
  return createHmac('sha256', key)
    .update(JSON.stringify([value, sessionCookie(request)]))
    .digest('base64url');
}
