import { Command } from 'commander';
import { accountByHandle } from '../admin/accounts.ts';
import { VIEWS } from '../admin/views.ts';
import { notFound } from '../core/errors.ts';
import type { Order } from '../core/records.ts';
import type { Filter } from '../core/store.ts';
import { command, type CommonOptions, wholeNumber, withFoundation, withJson } from './common.ts';
import { say, sayJson, sheet, table } from './output.ts';
import { lastLooks, lookText, lookView } from './proof-looks.ts';

type ListOptions = CommonOptions & { account?: string; state?: string; name?: string; limit: number };

export function ordersCommand(): Command {
  const orders = new Command('orders').description('what was bought, and its certificates');

  orders.addCommand(
    withJson(command('list', 'orders, newest first', ['chancery orders list --account demo --state pending']))
      .option('--account <handle>', 'of this account alone')
      .option('--state <state>', 'pending, active, ended, cancelled or failed')
      .option('--name <domain>', 'whose common name holds this')
      .option('--limit <number>', 'at most so many', wholeNumber, 50)
      .action((options: ListOptions) =>
        withFoundation(options, async ({ store }) => {
          const { account, state, name, limit } = options;
          const accountId = account === undefined ? null : (await accountByHandle(store, account)).id;
          const filters: Filter<Order>[] = [];
          if (state !== undefined) filters.push({ field: 'state', op: 'eq', value: state });
          if (name !== undefined) filters.push({ field: 'commonName', op: 'like', value: `%${name}%` });
          const order = [{ field: 'id', descending: true }] as const;
          const { records } = await store.list('orders', { accountId, filters, order, limit, offset: 0, count: false });
          const views = records.map(VIEWS.orders);
          if (options.json) sayJson(views);
          else say(table(views, ['id', 'commonName', 'product', 'state', 'periodMonths', 'createdAt', 'endsAt']));
        }),
      ),
  );
  orders.addCommand(
    withJson(command('show <id>', 'an order with its requests, the proofs of its domains and its certificates')).action(
      (text: string, options: CommonOptions) =>
        withFoundation(options, async ({ store }) => {
          const orderId = wholeNumber(text);
          const order = await store.get('orders', orderId);
          if (order === null) throw notFound(`Order ${text}`);
          const requests = (await store.find('requests', { orderId })).map(VIEWS.requests);
          const looks = await lastLooks(
            store,
            requests.map(({ id }) => id),
          );
          const certificates = (await store.find('certificates', { orderId })).map(VIEWS.certificates);
          if (options.json)
            return sayJson({ ...VIEWS.orders(order), requests, validations: looks.map(lookView), certificates });
          say(sheet(VIEWS.orders(order)));
          say(`\n${table(requests, ['id', 'kind', 'state', 'createdAt', 'detail'])}`);
          for (const looked of looks) say(`\n${lookText(looked)}`);
          say(`\n${table(certificates, ['id', 'serial', 'state', 'notBefore', 'notAfter'])}`);
        }),
    ),
  );
  return orders;
}
