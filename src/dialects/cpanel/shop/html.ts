import type { CheckoutView } from '../../../core/checkouts.ts';
import type { Account, Checkout } from '../../../core/records.ts';
import { escapeText, field, type FormError, formPage, hidden } from '../../../http/form-pages.ts';
import { TOKEN_FIELD } from './form-token.ts';

/** Pages of the shop. Every form goes back to the page's own address, with what to do in `action`. */

function button(action: string, text: string, look: 'yes' | 'no'): string {
  return `<button class="${look}" type="submit" name="action" value="${action}">${escapeText(text)}</button>`;
}

function form(token: string, body: string): string {
  return `<form method="post">${hidden(TOKEN_FIELD, token)}${body}</form>`;
}

/** Text of one page that tells one thing. */
export function tellingPage(heading: string, text: string, link?: { href: string; text: string }): string {
  const onwards = link === undefined ? '' : `\n<p><a href="${escapeText(link.href)}">${escapeText(link.text)}</a></p>`;
  return formPage(heading, `<p>${escapeText(text)}</p>${onwards}`);
}

export interface SignInPage {
  shop: string;
  user: string;
  token: string;
  error?: string | undefined;
}

export function signInPage({ shop, user, token, error }: SignInPage): string {
  const errors = error === undefined ? [] : [{ field: 'user', message: error }];
  const body =
    `<p>Sign in with the user name and the password of your hosting account to go on to ${escapeText(shop)}.</p>\n` +
    form(
      token,
      field({ id: 'user', label: 'User name', type: 'text', value: user, autocomplete: 'username', error }) +
        field({ id: 'pass', label: 'Password', type: 'password', autocomplete: 'current-password' }) +
        button('sign-in', 'Sign in', 'yes'),
    );
  return formPage(`Sign in to ${shop}`, body, errors);
}

export interface ConsentPage {
  shop: string;
  user: string;
  /** Host of the address that the browser is led back to. */
  client: string;
  token: string;
  errors: readonly FormError[];
}

export function consentPage({ shop, user, client, token, errors }: ConsentPage): string {
  const body =
    `<p>${escapeText(client)} wants to order from ${escapeText(shop)} for the account ${escapeText(user)}.</p>\n` +
    '<h2>What it may do in the next 12 hours</h2>\n<ul>' +
    '<li>Put certificates for names of the account into an order.</li>' +
    '<li>Have keys and certificate signing requests made for them.</li></ul>\n' +
    '<p>It cannot pay: you do that yourself, on the page of each order.</p>\n' +
    form(token, `${button('allow', 'Allow', 'yes')} ${button('decline', 'Decline', 'no')}`);
  return formPage(`Allow orders from ${client}?`, body, errors);
}

export interface CheckoutPage {
  shop: string;
  view: CheckoutView;
  account: Pick<Account, 'handle' | 'balance' | 'reserved'>;
  productName(id: string): string;
  token: string;
  /** Link to the operator's own page to pay on; null where there is none. */
  paymentLink: string | null;
  errors: readonly FormError[];
}

/** What is bought, what it costs, and what is left; the buyer pays, or calls it off. */
export function checkoutPage({ shop, view, account, productName, token, paymentLink, errors }: CheckoutPage): string {
  const { checkout, items } = view;
  const bought = items.filter(({ queue }) => queue !== 'removed');
  const money = (cents: number): string => escapeText(moneyText(cents, checkout.currency));
  const rows = bought.map(
    (item) =>
      `<tr><td>${escapeText(productName(item.product))}, ${termText(item.periodMonths)}</td>` +
      `<td>${item.names.map(escapeText).join('<br>')}</td><td class="money">${money(item.amount)}</td></tr>`,
  );
  const available = account.balance - account.reserved;
  const left = available - checkout.total;
  const table =
    '<table><caption>Certificates of this order</caption><thead><tr><th scope="col">Product</th>' +
    '<th scope="col">Names</th><th scope="col" class="money">Price</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody><tfoot><tr><th scope="row" colspan="2">Total</th>` +
    `<td class="money">${money(checkout.total)}</td></tr></tfoot></table>`;
  const facts =
    `<dl><dt>Account</dt><dd>${escapeText(account.handle)}</dd>` +
    `<dt>Balance</dt><dd>${money(available)}</dd>` +
    (left < 0 ? `<dt>Missing</dt><dd>${money(-left)}</dd>` : `<dt>Left after this order</dt><dd>${money(left)}</dd>`) +
    '</dl>';
  const outside =
    paymentLink === null
      ? ''
      : `<p><a href="${escapeText(paymentLink)}">Pay ${money(checkout.total)} in another way</a></p>\n`;
  const pay =
    left < 0 ? '' : `${button('pay', `Pay ${moneyText(checkout.total, checkout.currency)} from the balance`, 'yes')} `;
  const body = `${table}\n<h2>Payment</h2>\n${facts}\n${outside}${form(token, `${pay}${button('cancel', 'Cancel the order', 'no')}`)}`;
  return formPage(`Order ${checkout.id} at ${shop}`, body, errors);
}

/** What became of an order that is no longer open. */
export function endedPage({ id, state, detail }: Checkout, onwards: string | null): string {
  const texts: Readonly<Record<Checkout['state'], readonly [string, string]>> = {
    open: ['Order', 'The order is open.'],
    paid: ['Paid', `Order ${id} is paid. The certificates are on their way.`],
    cancelled: ['Cancelled', `Order ${id} was cancelled. Nothing was charged.`],
    failed: [
      'The order failed',
      `Order ${id} could not be placed: ${detail ?? 'the reason is not known'}. Nothing was charged for it.`,
    ],
    expired: ['Too late', `Order ${id} was not paid in time. Nothing was charged.`],
  };
  const [heading, text] = texts[state];
  return tellingPage(heading, text, onwards === null ? undefined : { href: onwards, text: 'Continue' });
}

export interface CartPage {
  shop: string;
  domain: string | undefined;
  token: string;
  errors: readonly FormError[];
}

export function cartPage({ shop, domain, token, errors }: CartPage): string {
  const what = domain === undefined ? 'your first website' : domain;
  const body =
    `<p>A certificate for all names of the website of ${escapeText(what)}. The next page shows the price; nothing is ` +
    `charged before you pay there.</p>\n${form(token, button('order', 'Continue to the order', 'yes'))}`;
  return formPage(`Order a certificate at ${shop}`, body, errors);
}

/** `18.00 USD` */
export function moneyText(cents: number, currency: string): string {
  return `${(cents / 100).toFixed(2)} ${currency}`;
}

function termText(months: number): string {
  const [count, unit] = months % 12 === 0 ? [months / 12, 'year'] : [months, 'month'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
