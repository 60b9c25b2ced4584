import { Command } from 'commander';
import { accountByHandle } from '../admin/accounts.ts';
import { VIEWS } from '../admin/views.ts';
import type { Checkout } from '../core/records.ts';
import type { Filter } from '../core/store.ts';
import {
  amount,
  command,
  type CommonOptions,
  operatorName,
  wholeNumber,
  withDeskAndFoundation,
  withFoundation,
  withJson,
  withOperator,
} from './common.ts';
import { money, say, sayJson, sheet, table } from './output.ts';

type ListOptions = CommonOptions & { account?: string; state?: string; limit: number };
type PayOptions = CommonOptions & { reference: string };

export function checkoutsCommand(): Command {
  const checkouts = new Command('checkouts').description('purchases that people pay for on a page');

  checkouts.addCommand(
    withJson(command('list', 'purchases, newest first', ['chancery checkouts list --state open']))
      .option('--account <handle>', 'of this account alone')
      .option('--state <state>', 'open, paid, cancelled, failed or expired')
      .option('--limit <number>', 'at most so many', wholeNumber, 50)
      .action((options: ListOptions) =>
        withFoundation(options, async ({ store }) => {
          const { account, state, limit } = options;
          const accountId = account === undefined ? null : (await accountByHandle(store, account)).id;
          const filters: Filter<Checkout>[] = state === undefined ? [] : [{ field: 'state', op: 'eq', value: state }];
          const order = [{ field: 'id', descending: true }] as const;
          const asked = { accountId, filters, order, limit, offset: 0, count: false };
          const { records } = await store.list('checkouts', asked);
          if (options.json) sayJson(records.map(VIEWS.checkouts));
          else say(table(records.map(readable), ['id', 'state', 'total', 'reference', 'createdAt', 'expiresAt']));
        }),
      ),
  );
  checkouts.addCommand(
    withOperator(
      command('pay <id> <amount>', 'money came for a purchase in another way than from the balance: place its orders', [
        'chancery checkouts pay 17 18.00 --reference "bank 2026-11-22/4"',
      ]),
    )
      .requiredOption('--reference <text>', 'names the payment; the same again changes nothing')
      .action((text: string, paid: string, options: PayOptions) =>
        withDeskAndFoundation(options, async ({ platform }) => {
          const payment = { reference: options.reference, cents: amount(paid), by: operatorName(options) };
          const { checkout } = await platform.operatorCheckouts.payOutside(wholeNumber(text), payment);
          if (options.json) sayJson(VIEWS.checkouts(checkout));
          else say(sheet(readable(checkout)));
        }),
      ),
  );
  return checkouts;
}

function readable(checkout: Checkout) {
  return { ...VIEWS.checkouts(checkout), total: money(checkout.total, checkout.currency) };
}
