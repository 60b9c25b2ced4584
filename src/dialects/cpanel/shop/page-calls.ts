import type { FastifyReply, FastifyRequest } from 'fastify';
import { formPageHeaders } from '../../../http/form-pages.ts';
import { ownerOf, valueOf } from '../login.ts';
import type { Pairs } from '../parameters.ts';
import { pairsOf } from '../read-body.ts';
import { findSession, openSession, type Session } from '../sessions.ts';
import type { World } from '../world.ts';
import { formToken, isOwnForm } from './form-token.ts';
import { signInPage } from './html.ts';

/** One look at a page, or one form sent from it. */
export interface PageCall {
  world: World;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** The session of the account that a page is for; null where nobody, or somebody else, is signed in. */
export async function sessionFor({ world, request }: PageCall, accountId: number): Promise<Session | null> {
  const session = await findSession(world, request);
  return session?.actor.accountId === accountId ? session : null;
}

/** What a form says; null where it is not from a page of ours. */
export function readForm({ world, request }: PageCall): { pairs: Pairs; action: string } | null {
  const pairs = pairsOf(request);
  if (!isOwnForm(world, request, pairs)) return null;
  return { pairs, action: valueOf(pairs, 'action') };
}

export const STALE_FORM = 'The page was open for too long. Please try again.';

export function askToSignIn(call: PageCall, user: string, error?: string): FastifyReply {
  const { world, request, reply } = call;
  const token = formToken(world, request, reply);
  const shop = world.shop.displayName;
  return show(reply, error === undefined ? 200 : 401, signInPage({ shop, user, token, error }));
}

/** Signs in whom the form names, who must be `user`, and leads back to the page itself. */
export async function signInHere(call: PageCall, pairs: Pairs, user: string): Promise<FastifyReply> {
  const { world, request, reply } = call;
  const named = valueOf(pairs, 'user');
  const credential = named === user ? await ownerOf(world, request, named, valueOf(pairs, 'pass')) : null;
  if (credential === null) return askToSignIn(call, named, 'The user name or the password is wrong.');
  await openSession(world, credential, request, reply);
  return reply.redirect(addressOf(request), 303);
}

/** The page's own address. Two slashes at its start, which the server takes for one, would lead to another host. */
export function addressOf({ url }: FastifyRequest): string {
  return url.replace(/^\/+/, '/');
}

/** `formTargets`: origins of others to which the page's form may lead. */
export function show(reply: FastifyReply, status: number, text: string, formTargets: readonly string[] = []) {
  return reply.code(status).headers(formPageHeaders(formTargets)).send(text);
}
