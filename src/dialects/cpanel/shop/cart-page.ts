import type { FastifyReply } from 'fastify';
import { DeskError } from '../../../core/errors.ts';
import type { FormError } from '../../../http/form-pages.ts';
import { CallFailure } from '../call.ts';
import { errorsOf } from '../errors.ts';
import { openCart, readCartLink } from '../market/domain-cart.ts';
import { createParameters } from '../parameters.ts';
import { formToken } from './form-token.ts';
import { cartPage, tellingPage } from './html.ts';
import { askToSignIn, type PageCall, readForm, sessionFor, show, signInHere, STALE_FORM } from './page-calls.ts';

/** The page behind `Market::get_build_cart_url`, for GET and for its form: opens the purchase and leads on to its page. */
export async function cart(call: PageCall): Promise<FastifyReply> {
  const { world, request, reply } = call;
  const link = readCartLink(world, new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1)));
  const [account] = link === null ? [] : await world.store.find('accounts', { handle: link.user }, { limit: 1 });
  if (link === null || account === undefined) {
    return show(reply, 404, tellingPage('Not found', 'This link is not valid, or not any more.'));
  }
  const isSent = request.method === 'POST';
  const form = isSent ? readForm(call) : null;
  const session = await sessionFor(call, account.id);
  if (session === null) {
    if (!isSent) return askToSignIn(call, link.user);
    return form === null ? askToSignIn(call, link.user, STALE_FORM) : signInHere(call, form.pairs, link.user);
  }
  if (!isSent) return ask(call, link.domain, []);
  if (form === null) return ask(call, link.domain, [{ field: null, message: STALE_FORM }]);
  const origin = world.publicUrl();
  const parameters = createParameters([]);
  try {
    const made = await openCart(
      { actor: session.actor, module: 'Market', func: 'cart', parameters, world, origin },
      link.domain,
    );
    return reply.redirect(new URL(made.checkoutUrl).pathname, 303);
  } catch (error) {
    if (!(error instanceof CallFailure || error instanceof DeskError)) throw error;
    return ask(
      call,
      link.domain,
      errorsOf(error).map((message) => ({ field: null, message })),
    );
  }
}

function ask({ world, request, reply }: PageCall, domain: string | undefined, errors: readonly FormError[]) {
  const token = formToken(world, request, reply);
  const page = cartPage({ shop: world.shop.displayName, domain, token, errors });
  return show(reply, errors.length === 0 ? 200 : 400, page);
}
