import type { Migration } from '../migrate.ts';
import type { Engine } from '../sql.ts';
import { createIndex } from './001-records.ts';

/**
 * What each list is filtered and sorted by, beside id. Every index begins with the account and ends with the id, so
 * that a page comes out of it in order; null counts as smallest.
 */
export const LISTED: Readonly<Record<string, readonly string[]>> = {
  certificates: [
    'product',
    'common_name',
    'organization',
    'department',
    'street',
    'postal_code',
    'locality',
    'province',
    'country',
    'registration_number',
    'not_before',
    'not_after',
    'subscription_ends_at',
    'key_algorithm',
    'key_bits',
    'fingerprint',
    'sha1',
    'request_id',
  ],
  requests: ['kind', 'common_name', 'product', 'created_at', 'updated_at', 'started_at'],
  charges: ['state', 'created_at'],
  notifications: ['fired_at', 'acknowledged_at'],
};

/** Of one column of such a table; also used by later migrations. */
export function listIndex(engine: Engine, table: string, column: string): string {
  const ordered = engine === 'postgres' ? `${column} asc nulls first, id` : column;
  return `create index ${table}_by_${column} on ${table} (account_id, ${ordered})`;
}

/** By state, and within a state by a moment: what is in that state is mostly asked for in the order of that moment. */
function stateIndex(engine: Engine, table: string, moment: string): string {
  const columns = engine === 'postgres' ? `state, ${moment} asc nulls first, id` : `state, ${moment}`;
  return `create index ${table}_by_state on ${table} (account_id, ${columns})`;
}

/** Lists stay fast at a million records. */
export const lists: Migration = {
  id: 2,
  name: 'lists',
  lists: true,
  statements: (engine) => [
    ...Object.entries(LISTED).flatMap(([table, columns]) => columns.map((column) => listIndex(engine, table, column))),
    stateIndex(engine, 'certificates', 'not_after'),
    stateIndex(engine, 'requests', 'created_at'),
    createIndex(engine, 'notifications: account_id fired_at where delivered_at is null', false),
    ...Object.keys(LISTED).map((table) => `create index ${table}_by_id on ${table} (account_id, id)`),
  ],
};
