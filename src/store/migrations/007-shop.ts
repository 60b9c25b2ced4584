import type { Migration } from '../migrate.ts';
import { createIndex, createTable } from './001-records.ts';

const TABLES: Readonly<Record<string, string>> = {
  grants:
    'account_id:int dialect:text kind:text user_name:text secret_hash:blob bound:text? created_at:int ' +
    'expires_at:int ended_at:int?',
  checkouts:
    'account_id:int dialect:text user_name:text secret_hash:blob state:text currency:text total:int ' +
    'return_url:text? detail:text? reference:text? created_at:int expires_at:int ended_at:int?',
  checkout_items:
    'account_id:int checkout_id:int dialect:text product:text period_months:int common_name:text names:json ' +
    'amount:int key_id:int? csr:blob? request_id:int? order_id:int? queue:text first_poll_at:int? ' +
    'last_poll_at:int? extra:json created_at:int',
};

const UNIQUE = ['grants: secret_hash', 'checkouts: secret_hash', 'checkouts: reference where reference is not null'];

const LOOKUPS = [
  'grants: expires_at',
  "checkouts: expires_at where state = 'open'",
  'checkout_items: checkout_id',
  'checkout_items: account_id queue id',
  'checkout_items: request_id where request_id is not null',
];

/** Purchases that a person pays for on a page. */
export const shop: Migration = {
  id: 7,
  name: 'shop',
  statements: (engine) => [
    ...Object.entries(TABLES).map(([name, columns]) => createTable(engine, name, columns)),
    ...UNIQUE.map((line) => createIndex(engine, line, true)),
    ...LOOKUPS.map((line) => createIndex(engine, line, false)),
  ],
};
