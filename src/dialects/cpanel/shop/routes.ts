import type { FastifyInstance } from 'fastify';
import { DeskError } from '../../../core/errors.ts';
import { refusedByServer } from '../../../http/errors.ts';
import { CART_PATH } from '../market/domain-cart.ts';
import { LOGIN_PATH } from '../market/login-url.ts';
import { CHECKOUT_PATH } from '../market/request-certificates.ts';
import type { World } from '../world.ts';
import { cart } from './cart-page.ts';
import { sendCheckout, showCheckout } from './checkout-page.ts';
import { tellingPage } from './html.ts';
import { sendLogin, showLogin } from './login-page.ts';
import { show } from './page-calls.ts';

type Secret = { Params: { secret: string } };

/** The shop's pages: signing in, and paying. A GET changes nothing. */
export function shopRoutes(app: FastifyInstance, world: World): void {
  // Addresses hold secrets: they stay out of the request log.
  const quiet = { logLevel: 'error' } as const;
  app.setErrorHandler((error, _request, reply) => {
    const isBusy = error instanceof DeskError && error.kind === 'too-many-requests';
    const status = isBusy ? 429 : (refusedByServer(error)?.status ?? statusOf(error));
    if (status === 500) reply.log.error({ err: error }, 'A page of the shop failed');
    const text = isBusy ? 'Too many tries. Please wait a moment.' : 'Please try again in a few minutes.';
    return show(reply, status, tellingPage('Something went wrong', text));
  });
  app.get(LOGIN_PATH, quiet, (request, reply) => showLogin({ world, request, reply }));
  app.post(LOGIN_PATH, quiet, (request, reply) => sendLogin({ world, request, reply }));
  app.get<Secret>(`${CHECKOUT_PATH}/:secret`, quiet, (request, reply) =>
    showCheckout({ world, request, reply }, request.params.secret),
  );
  app.post<Secret>(`${CHECKOUT_PATH}/:secret`, quiet, (request, reply) =>
    sendCheckout({ world, request, reply }, request.params.secret),
  );
  app.route({
    method: ['GET', 'POST'],
    url: CART_PATH,
    ...quiet,
    handler: (request, reply) => cart({ world, request, reply }),
  });
}

function statusOf(error: unknown): number {
  return error instanceof DeskError && error.kind === 'malformed-message' ? 400 : 500;
}
