import type { FastifyReply } from 'fastify';
import type { CheckoutView } from '../../../core/checkouts.ts';
import { DeskError } from '../../../core/errors.ts';
import { may } from '../../../core/permissions.ts';
import type { Account, Checkout } from '../../../core/records.ts';
import type { FormError } from '../../../http/form-pages.ts';
import { withQuery } from '../market/addresses.ts';
import { CHECKOUT_PATH } from '../market/request-certificates.ts';
import { formToken } from './form-token.ts';
import { checkoutPage, endedPage, tellingPage } from './html.ts';
import {
  addressOf,
  askToSignIn,
  type PageCall,
  readForm,
  sessionFor,
  show,
  signInHere,
  STALE_FORM,
} from './page-calls.ts';
import { paymentLink } from './payment-link.ts';

/** What the address to return to is told. */
const OUTCOMES: Readonly<Record<Checkout['state'], string>> = {
  open: 'error',
  paid: 'success',
  failed: 'error',
  expired: 'error',
  cancelled: 'cancelled',
};

interface Opened {
  view: CheckoutView;
  account: Account;
  secret: string;
}

/** The page of one purchase. Who sees it must have signed in to its account. */
export async function showCheckout(call: PageCall, secret: string): Promise<FastifyReply> {
  const opened = await open(call, secret);
  if (opened === null) return unknown(call);
  const { view, account } = opened;
  if ((await sessionFor(call, account.id)) === null) return askToSignIn(call, account.handle);
  if (view.checkout.state !== 'open') return show(call.reply, 200, endedPage(view.checkout, onwards(view.checkout)));
  return ask(call, opened, []);
}

/** Its forms: sign in, pay, cancel. Then the browser is led back to the client with the outcome. */
export async function sendCheckout(call: PageCall, secret: string): Promise<FastifyReply> {
  const { world } = call;
  const opened = await open(call, secret);
  if (opened === null) return unknown(call);
  const { view, account } = opened;
  const form = readForm(call);
  const session = await sessionFor(call, account.id);
  if (session === null) {
    return form === null ? askToSignIn(call, account.handle, STALE_FORM) : signInHere(call, form.pairs, account.handle);
  }
  if (view.checkout.state !== 'open') return leave(call, view.checkout);
  if (form === null) return ask(call, opened, [{ field: null, message: STALE_FORM }]);
  if (!may(session.actor, 'order')) return ask(call, opened, [{ field: null, message: 'You may not order.' }]);
  const { id } = view.checkout;
  try {
    if (form.action === 'pay') return leave(call, (await world.checkouts.payFromBalance(id)).checkout);
    if (form.action === 'cancel') return leave(call, (await world.checkouts.cancel(id)).checkout);
  } catch (error) {
    return again(call, secret, error);
  }
  return ask(call, opened, []);
}

/** Somebody else may have been faster: then the page shows what they did. */
async function again(call: PageCall, secret: string, error: unknown): Promise<FastifyReply> {
  if (!(error instanceof DeskError) || error.kind === 'internal') throw error;
  const opened = await open(call, secret);
  if (opened === null) return unknown(call);
  if (opened.view.checkout.state !== 'open') return leave(call, opened.view.checkout);
  const message =
    error.kind === 'insufficient-balance' ? 'The balance does not suffice for this order.' : `${error.message}.`;
  return ask(call, opened, [{ field: null, message }]);
}

async function open({ world }: PageCall, secret: string): Promise<Opened | null> {
  const view = await world.checkouts.bySecret(secret);
  const account = view === null ? null : await world.store.get('accounts', view.checkout.accountId);
  return view === null || account === null || account.state !== 'active' ? null : { view, account, secret };
}

function ask(call: PageCall, { view, account, secret }: Opened, errors: readonly FormError[]): FastifyReply {
  const { world, request, reply } = call;
  const { shop, catalogue } = world;
  const { returnUrl } = view.checkout;
  const page = checkoutPage({
    shop: shop.displayName,
    view,
    account,
    productName: (id) => catalogue.get(id)?.name ?? id,
    token: formToken(world, request, reply),
    paymentLink: paymentLink(shop, view.checkout, `${world.publicUrl()}${CHECKOUT_PATH}/${secret}`),
    errors,
  });
  return show(reply, errors.length === 0 ? 200 : 400, page, returnUrl === null ? [] : [new URL(returnUrl).origin]);
}

/** The way back to the client; null where it has named none. */
function onwards({ returnUrl, state }: Checkout): string | null {
  return returnUrl === null ? null : withQuery(returnUrl, { order_status: OUTCOMES[state] });
}

function leave({ reply, request }: PageCall, checkout: Checkout): FastifyReply {
  return reply.redirect(onwards(checkout) ?? addressOf(request), 303);
}

function unknown({ reply }: PageCall): FastifyReply {
  return show(reply, 404, tellingPage('Not found', 'There is no such order, or its account is locked.'));
}
