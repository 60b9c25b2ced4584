import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DeskError } from '../../core/errors.ts';
import type { Credential } from '../../core/records.ts';
import { actorOf, credentialBy, hashSecret } from '../../http/authenticate.ts';
import { escapeText, field, formPage, formPageHeaders, hidden } from '../../http/form-pages.ts';
import type { Pairs } from './parameters.ts';
import { pairsOf } from './read-body.ts';
import { isToken } from './secrets.ts';
import { endSession, findSession, fits, openSession } from './sessions.ts';
import { DIALECT, type World } from './world.ts';

/** Where a browser is led after it signed in. */
const HOME = '/frontend/chancery/index.html';

type Digits = { Params: { digits: string } };

/**
 * `POST /login` with `user` and `pass` opens a session: browsers are led to their start page, whose address holds the
 * security token; with `login_only=1` the answer is JSON. `GET /cpsessN/logout` and `POST /logout` end it.
 */
export function loginRoutes(app: FastifyInstance, world: World): void {
  app.get('/login', async (_request, reply) => html(reply, 200, loginPage()));
  app.post('/login', async (request, reply) => {
    const pairs = pairsOf(request);
    const json = valueOf(pairs, 'login_only') === '1';
    if (!isSameSite(request)) return fail(reply, json, 'The form was sent from another site.', '');
    const user = valueOf(pairs, 'user');
    const pass = valueOf(pairs, 'pass');
    const credential = await ownerOf(world, request, user, pass);
    if (credential === null) return fail(reply, json, 'The login is invalid.', user);
    const token = await openSession(world, credential, request, reply);
    const home = `${token}${HOME}?post_login=${Math.floor(world.clock.now() / 1_000)}`;
    if (!json) return reply.redirect(home, 303);
    const answer = { status: 1, redirect: home, security_token: token };
    return reply.header('content-type', 'application/json; charset="utf-8"').send(JSON.stringify(answer));
  });
  app.get<Digits>('/cpsess:digits/logout', async (request, reply) => {
    const session = await findSession(world, request);
    if (session !== null && fits(session, request.params.digits)) await endSession(world, session, request, reply);
    return reply.redirect('/login', 303);
  });
  app.post('/logout', async (request, reply) => {
    const session = await findSession(world, request);
    if (session !== null && isSameSite(request)) await endSession(world, session, request, reply);
    return reply.redirect('/login', 303);
  });
  app.get<Digits>(`/cpsess:digits${HOME}`, async (request, reply) => {
    const session = await findSession(world, request);
    if (session === null || !fits(session, request.params.digits)) return html(reply, 401, loginPage());
    return html(reply, 200, homePage(session.actor.handle));
  });
}

/**
 * The credential of a user's password; null where it is wrong, or the account locked. Tries are counted by address.
 * @throws DeskError `too-many-requests`
 */
export async function ownerOf(
  world: World,
  request: FastifyRequest,
  user: string,
  pass: string,
): Promise<Credential | null> {
  const wait = world.takeCall(`${DIALECT}:login:${request.ip}`);
  if (wait > 0) throw new DeskError('too-many-requests', 'Too many logins', { retryAfter: wait });
  if (pass === '' || pass.length > 1_024 || isToken(pass)) return null;
  const found = await credentialBy(world.store, DIALECT, hashSecret(pass), world.clock.now());
  const actor = found === null ? null : await actorOf(world.store, found);
  return actor?.handle === user ? found : null;
}

/** Whether a browser sent a form from a page of ours; programs do not say. */
export function isSameSite(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin } = request.headers;
  return origin === undefined || origin === 'null' || URL.parse(origin)?.host === request.host;
}

export function valueOf(pairs: Pairs, name: string): string {
  return pairs.find(([other]) => other === name)?.[1] ?? '';
}

function fail(reply: FastifyReply, json: boolean, message: string, user: string): FastifyReply {
  if (!json) return html(reply, 401, loginPage(message, user));
  const type = 'application/json; charset="utf-8"';
  return reply
    .code(401)
    .header('content-type', type)
    .send(JSON.stringify({ status: 0, message }));
}

/** The page on which a user signs in; also what a browser gets where nobody is signed in. */
export function loginPage(error?: string, user = ''): string {
  const errors = error === undefined ? [] : [{ field: 'user', message: error }];
  const body =
    `<form method="post" action="/login">${hidden('from', 'page')}` +
    field({ id: 'user', label: 'User name', type: 'text', value: user, autocomplete: 'username', error }) +
    field({ id: 'pass', label: 'Password', type: 'password', autocomplete: 'current-password' }) +
    '<button class="yes" type="submit">Log in</button></form>';
  return formPage('Log in', body, errors);
}

function homePage(handle: string): string {
  return formPage(
    'Signed in',
    `<p>You are signed in as ${escapeText(handle)}. Calls under this address work as long as the session does.</p>\n` +
      '<form method="post" action="/logout"><button class="no" type="submit">Log out</button></form>',
  );
}

export function html(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).headers(formPageHeaders()).send(text);
}
