import type { FastifyReply } from 'fastify';
import type { FormError } from '../../../http/form-pages.ts';
import { withQuery } from '../market/addresses.ts';
import { newCode } from '../market/grants.ts';
import { type LoginLink, readLoginLink } from '../market/login-url.ts';
import type { Session } from '../sessions.ts';
import { formToken } from './form-token.ts';
import { consentPage, tellingPage } from './html.ts';
import { askToSignIn, type PageCall, readForm, sessionFor, show, signInHere, STALE_FORM } from './page-calls.ts';

/** The page behind `Market::get_login_url`: who it is, and whether the client may order. */
export async function showLogin(call: PageCall): Promise<FastifyReply> {
  const link = linkOf(call);
  if (link === null) return badLink(call);
  const session = await sessionOf(call, link);
  return session === null ? askToSignIn(call, link.user) : askConsent(call, link, []);
}

/** Its forms: sign in, allow, decline. Allowed, the browser is led back with a code that its client exchanges. */
export async function sendLogin(call: PageCall): Promise<FastifyReply> {
  const { world, reply } = call;
  const link = linkOf(call);
  if (link === null) return badLink(call);
  const form = readForm(call);
  const session = await sessionOf(call, link);
  if (form === null) {
    if (session === null) return askToSignIn(call, link.user, STALE_FORM);
    return askConsent(call, link, [{ field: null, message: STALE_FORM }]);
  }
  if (session === null) return signInHere(call, form.pairs, link.user);
  if (form.action === 'allow') {
    const code = await newCode(world, session.actor, link.address);
    return reply.redirect(withQuery(link.address, { code }), 303);
  }
  if (form.action === 'decline') return reply.redirect(withQuery(link.address, { error: 'access_denied' }), 303);
  return askConsent(call, link, []);
}

async function sessionOf(call: PageCall, { user }: LoginLink): Promise<Session | null> {
  const [account] = await call.world.store.find('accounts', { handle: user }, { limit: 1 });
  return account === undefined ? null : sessionFor(call, account.id);
}

function askConsent(call: PageCall, { user, address }: LoginLink, errors: readonly FormError[]): FastifyReply {
  const { world, request, reply } = call;
  const { host, origin } = new URL(address);
  const token = formToken(world, request, reply);
  const page = consentPage({ shop: world.shop.displayName, user, client: host, token, errors });
  return show(reply, errors.length === 0 ? 200 : 400, page, [origin]);
}

function linkOf({ world, request }: PageCall): LoginLink | null {
  const { url } = request;
  return readLoginLink(world, new URLSearchParams(url.slice(url.indexOf('?') + 1)));
}

function badLink({ reply }: PageCall): FastifyReply {
  const text = 'This link is not valid, or not any more. Please go back to where you came from and start again.';
  return show(reply, 404, tellingPage('Not found', text));
}
