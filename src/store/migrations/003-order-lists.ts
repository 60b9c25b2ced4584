import type { Migration } from '../migrate.ts';
import { createIndex } from './001-records.ts';
import { listIndex } from './002-lists.ts';

/** What lists of orders are filtered and sorted by, beside id. */
const LISTED: Readonly<Record<string, readonly string[]>> = {
  orders: ['product', 'state', 'common_name', 'organization_id', 'ends_at', 'certificate_ends_at', 'created_at'],
  order_details: ['renewal_notices'],
};

/** Lists of orders stay fast at a million of them. */
export const orderLists: Migration = {
  id: 3,
  name: 'order-lists',
  lists: true,
  statements: (engine) => [
    ...Object.entries(LISTED).flatMap(([table, columns]) => columns.map((column) => listIndex(engine, table, column))),
    createIndex(engine, 'orders: account_id id', false),
    createIndex(engine, 'orders: account_id container_id id where container_id is not null', false),
    createIndex(engine, 'orders: account_id user_id id where user_id is not null', false),
    createIndex(engine, 'orders: account_id renews_order_id where renews_order_id is not null', false),
  ],
};
