import { invalidValue, notFound } from '../../core/errors.ts';
import type { Account, Billable, CertificateRequest, Charge } from '../../core/records.ts';
import * as answers from './answers.ts';
import { idOf, ownCustomer, read } from './endpoint.ts';
import { dateField, numberField, textField, constantField, type ListField } from './list-fields.ts';
import { LIST_PARAMETERS } from './list-query.ts';
import { listAnswer } from './lists.ts';
import { PROCESS_ACTION, PROCESS_TYPE } from './process-fields.ts';
import { pick, readFields, readOne } from './query.ts';
import { ACTION_OF, renderBillable } from './quotes.ts';
import { formatTimestamp } from './timestamps.ts';
import type { World } from './world.ts';

export const getPriceList = read({
  path: '/v2/customers/:customer/pricelist',
  summary: 'List the prices for a year of each product',
  query: { currency: 'ISO 4217 code; by default every currency' },
  answers: { 200: answers.priceList },
  async handle(world, { actor, params, query }) {
    ownCustomer(actor, params['customer'] ?? '');
    const currency = readOne(query, 'currency');
    const all = world.products.all().flatMap((product) => pricesOf(world, product.id));
    const prices = all.filter((price) => currency === undefined || price.currency === currency.toUpperCase());
    if (currency !== undefined && prices.length === 0)
      throw invalidValue('currency', 'There are no prices in this currency', currency);
    return { status: 200, json: { prices, priceChanges: [], promos: [] } };
  },
});

function pricesOf(world: World, productId: string) {
  const product = world.context.catalogue.get(productId);
  return Object.entries(product?.pricesByCurrency ?? {}).flatMap(([currency, price]) => {
    const amounts: [Billable['action'], number][] = [
      ['request', price.base],
      ['renew', price.base],
    ];
    if (product?.names === 'multi') {
      amounts.push(['extra-domain', price.extraName]);
      if (product.wildcardsAllowed) amounts.push(['extra-wildcard', price.extraWildcard]);
    }
    const code = world.products.codeOf(productId);
    return amounts.map(([action, cents]) => ({ product: code, action: ACTION_OF[action], currency, price: cents }));
  });
}

export const getCredit = read({
  path: '/v2/customers/:customer/credit',
  summary: 'Show the balance, in cents',
  answers: { 200: answers.credit },
  async handle(world, { actor, params }) {
    ownCustomer(actor, params['customer'] ?? '');
    const account = await world.context.store.get('accounts', actor.accountId);
    if (account === null) throw notFound(`Customer ${actor.handle}`);
    return { status: 200, json: { accounts: [renderCredit(account)] } };
  },
});

/** `locked` is the part of the balance that cannot be spent; the desk locks accounts as a whole. */
function renderCredit({ currency, balance, reserved, state }: Account) {
  return { currency, balance, reservation: reserved, locked: state === 'locked' ? balance : 0 };
}

/** A transaction is a charge that was taken. */
function transactionFields(): Readonly<Record<string, ListField<Charge>>> {
  return {
    id: numberField('id'),
    date: dateField('settledAt'),
    amount: numberField('amount'),
    currency: textField('currency'),
    processId: numberField('requestId'),
    processType: constantField(PROCESS_TYPE),
  };
}

export const listTransactions = read({
  path: '/v2/billing/financialtransactions',
  summary: 'List what was paid',
  query: LIST_PARAMETERS,
  answers: { 200: answers.page(answers.transaction) },
  async handle(world, { actor, query }) {
    const listing = {
      kind: 'charges' as const,
      fields: transactionFields(),
      fixed: [{ field: 'state' as const, op: 'eq' as const, value: 'captured' }],
      render: (charges: readonly Charge[]) => renderTransactions(world, actor.handle, charges),
    };
    return listAnswer(world, actor.accountId, listing, query);
  },
});

export const getTransaction = read({
  path: '/v2/billing/financialtransactions/:transactionId',
  summary: 'Get what was paid for one process',
  query: { fields: 'Members wanted, as a comma list or repeated' },
  answers: { 200: answers.transaction },
  async handle(world, call) {
    const id = idOf(call, 'transactionId', 'Transaction');
    const charge = await world.context.store.get('charges', id);
    if (charge === null || charge.accountId !== call.actor.accountId || charge.state !== 'captured') {
      throw notFound(`Transaction ${id}`);
    }
    const [entity = {}] = await renderTransactions(world, call.actor.handle, [charge]);
    return { status: 200, json: pick(entity, readFields(call.query), 'id') };
  },
});

async function renderTransactions(world: World, handle: string, charges: readonly Charge[]): Promise<object[]> {
  const ids = charges.map((charge) => charge.requestId);
  const requests = ids.length === 0 ? [] : await world.context.store.find('requests', { id: ids });
  const byId = new Map(requests.map((request) => [request.id, request]));
  return charges.map((charge) => renderTransaction(world, handle, charge, byId.get(charge.requestId)));
}

function renderTransaction(world: World, handle: string, charge: Charge, request: CertificateRequest | undefined) {
  return {
    id: charge.id,
    customer: handle,
    date: formatTimestamp(charge.settledAt ?? charge.createdAt),
    amount: charge.amount,
    currency: charge.currency,
    processId: charge.requestId,
    processType: PROCESS_TYPE,
    processIdentifier: request?.commonName ?? '',
    processAction: PROCESS_ACTION[request?.kind ?? 'new'],
    chargesPerAccount: { [charge.currency]: charge.amount },
    billables: charge.billables.map((billable) => renderBillable(world, billable)),
  };
}
