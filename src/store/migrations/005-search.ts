import type { Migration } from '../migrate.ts';

/** The tables that are searched by parts of their text, and the columns that a search looks at. */
const SEARCHED: Readonly<Record<string, readonly string[]>> = {
  certificates: ['product', 'common_name', 'names', 'organization', 'department', 'locality', 'serial', 'fingerprint'],
  requests: ['product', 'common_name', 'names', 'requested_by'],
};

/**
 * `search_pending` names the records whose text is not in the index yet, or no more as it is (`known`): indexing is
 * much work, so it follows later, and a search looks at these records themselves. `search_state` tells how far the
 * index reaches; its epoch rises where something within that reach has changed.
 */
function sqliteSearch(table: string, columns: readonly string[]): string[] {
  const pend = (known: 0 | 1): string =>
    `insert or ignore into search_pending (kind, id, known) values ('${table}', new.id, ${known});`;
  return [
    `create virtual table ${table}_search using fts5(text, content = '', contentless_delete = 1, tokenize = 'trigram')`,
    `create trigger ${table}_search_insert after insert on ${table} begin ${pend(0)} end`,
    `create trigger ${table}_search_update after update of ${columns.join(', ')} on ${table} begin ${pend(1)} end`,
    `create trigger ${table}_search_delete after delete on ${table} begin
      delete from ${table}_search where rowid = old.id;
      update search_state set epoch = epoch + 1 where kind = '${table}';
      delete from search_pending where kind = '${table}' and id = old.id; end`,
  ];
}

function postgresSearch(table: string, columns: readonly string[]): string[] {
  const define = (name: string, body: string): string =>
    `create function ${table}_search_${name}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`;
  const pend = 'insert into search_pending (kind, id, known)';
  return [
    `create table ${table}_search (id bigint primary key not null, account_id bigint not null, text text collate "C" not null)`,
    // Without the extension a search reads all texts.
    `do $$ begin
      create extension if not exists pg_trgm;
      create index ${table}_search_text on ${table}_search using gin (text gin_trgm_ops);
    exception when others then raise notice 'No trigram index: %', sqlerrm; end $$`,
    define('insert', `${pend} select '${table}', id, 0 from inserted on conflict do nothing;`),
    define('update', `${pend} values ('${table}', new.id, 1) on conflict do nothing;`),
    define(
      'delete',
      `delete from ${table}_search where id = old.id;
        update search_state set epoch = epoch + 1 where kind = '${table}'; delete from search_pending where kind = '${table}' and id = old.id;`,
    ),
    `create trigger ${table}_search_insert after insert on ${table} referencing new table as inserted
      for each statement execute function ${table}_search_insert()`,
    `create trigger ${table}_search_update after update of ${columns.join(', ')} on ${table}
      for each row execute function ${table}_search_update()`,
    `create trigger ${table}_search_delete after delete on ${table}
      for each row execute function ${table}_search_delete()`,
  ];
}

/** Search by any part of a text. */
export const search: Migration = {
  id: 5,
  name: 'search',
  lists: true,
  statements: (engine) => [
    engine === 'sqlite'
      ? 'create table search_pending (kind text not null, id integer not null, known integer not null, primary key (kind, id)) without rowid'
      : 'create table search_pending (kind text collate "C" not null, id bigint not null, known bigint not null, primary key (kind, id))',
    `create table search_state (kind text primary key not null, epoch ${engine === 'sqlite' ? 'integer' : 'bigint'} not null,
      reach ${engine === 'sqlite' ? 'integer' : 'bigint'} not null)`,
    ...Object.entries(SEARCHED).flatMap(([table, columns]) => [
      ...(engine === 'sqlite' ? sqliteSearch(table, columns) : postgresSearch(table, columns)),
      `insert into search_state (kind, epoch, reach) values ('${table}', 0, 0)`,
      `insert into search_pending (kind, id, known) select '${table}', id, 0 from ${table}`,
    ]),
  ],
};
