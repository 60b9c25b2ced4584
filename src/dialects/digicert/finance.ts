import { z } from 'zod';
import { DeskError, notFound } from '../../core/errors.ts';
import { orderedNames } from '../../core/names.ts';
import { priceOfTerm } from '../../core/prices.ts';
import { accept, read } from './endpoint.ts';
import { VendorError } from './errors.ts';
import { count, id, list, text, whole } from './fields.ts';
import { endOfDay } from './times.ts';
import type { World } from './world.ts';
import { addMonths } from '../../core/time.ts';

const money = z.string().regex(/^-?\d+\.\d\d$/);

export const balanceAnswer = z.strictObject({
  balance: money,
  currency: z.string(),
  unpaid_invoice_balance: money,
  negative_balance_limit: money,
  used_credit_from_other_containers: money,
  total_available_funds: money,
});

/** Cents as the vendor writes money: `454.00`. */
export function formatMoney(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export const accountBalance = read({
  path: '/finance/balance',
  summary: 'Show what is left to spend',
  query: { container_id: 'Accepted; the account has one balance' },
  answers: { 200: balanceAnswer },
  async handle(world, { actor }) {
    const account = await world.context.store.get('accounts', actor.accountId);
    if (account === null) throw notFound(`Account ${actor.accountId}`);
    return {
      status: 200,
      json: {
        balance: formatMoney(account.balance),
        currency: account.currency,
        unpaid_invoice_balance: formatMoney(0),
        negative_balance_limit: formatMoney(0),
        used_credit_from_other_containers: formatMoney(0),
        total_available_funds: formatMoney(account.balance - account.reserved),
      },
    };
  },
});

const pricingBody = z.object({
  certificate: z.object({ dns_names: list(text(255), 250).optional(), common_name: text(255).optional() }),
  product_name_id: text(60),
  order_validity: z
    .object({ years: count.optional(), days: count.optional(), custom_expiration_date: text(40).optional() })
    .optional(),
  validity_years: count.optional(),
  validity_days: count.optional(),
  custom_expiration_date: text(40).optional(),
  is_out_of_contract: whole.optional(),
  renewal_of_order_valid_till: text(40).optional(),
  container: z.object({ id }).optional(),
});

const part = z.strictObject({ subtotal: z.number(), units: z.int() });

export const pricingAnswer = z.strictObject({
  base_price: z.number(),
  total_price: z.number(),
  addons_price: z.number(),
  san_package_price: z.number(),
  benefits_discount_total: z.number(),
  fqdns: part,
  wildcards: part,
  balance: z.number(),
  currency: z.string(),
  tax: money,
  tax_error: z.boolean(),
});

export const orderPricing = accept({
  method: 'POST',
  path: '/finance/order-pricing',
  summary: 'Tell what an order would cost; 0 where that cannot be told',
  permission: 'read',
  body: pricingBody,
  answers: { 200: pricingAnswer },
  async handle(world, { actor, body }) {
    const quote = quoteOf(world, actor.currency, body);
    const parts = (quote?.billables ?? []).map(({ action, quantity, amount }) => ({ action, quantity, amount }));
    const sum = (wanted: string): z.infer<typeof part> => {
      const own = parts.filter(({ action }) => action === wanted);
      return {
        subtotal: own.reduce((total, one) => total + one.quantity * one.amount, 0) / 100,
        units: own.reduce((total, one) => total + one.quantity, 0),
      };
    };
    const fqdns = sum('extra-domain');
    const wildcards = sum('extra-wildcard');
    return {
      status: 200,
      json: {
        base_price: sum('request').subtotal + sum('renew').subtotal,
        total_price: (quote?.total ?? 0) / 100,
        addons_price: fqdns.subtotal + wildcards.subtotal,
        san_package_price: 0,
        benefits_discount_total: 0,
        fqdns,
        wildcards,
        balance: 0,
        currency: actor.currency,
        tax: formatMoney(0),
        tax_error: false,
      },
    };
  },
});

/** As an order of these names and this term would be charged; null where there could be none. */
function quoteOf(world: World, currency: string, body: z.infer<typeof pricingBody>) {
  const { names } = world.context;
  try {
    const { product } = world.products.find(body.product_name_id);
    const [commonName, ...others] = [body.certificate.common_name, ...(body.certificate.dns_names ?? [])].filter(
      (name) => name !== undefined,
    );
    if (commonName === undefined) return null;
    const otherNames = product.names === 'multi' || others.length > 0 ? others : undefined;
    const ordered = orderedNames(product, commonName, otherNames, names);
    const action = body.renewal_of_order_valid_till === undefined ? 'request' : 'renew';
    return priceOfTerm(product, ordered, monthsOf(world, body), currency, action);
  } catch (error) {
    if (error instanceof DeskError || error instanceof VendorError) return null;
    throw error;
  }
}

/** Started years, in months; one where nothing is told. */
function monthsOf(world: World, body: z.infer<typeof pricingBody>): number {
  const now = world.context.clock.now();
  const given = body.order_validity ?? {};
  const date = given.custom_expiration_date ?? body.custom_expiration_date;
  const until = date === undefined ? null : endOfDay(date);
  const days = given.days ?? body.validity_days;
  if (until === null && days === undefined) return (given.years ?? body.validity_years ?? 1) * 12;
  const end = until ?? now + (days ?? 0) * 86_400_000;
  let years = 1;
  while (addMonths(now, years * 12) < end && years < 100) years += 1;
  return years * 12;
}
