import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { DeskError } from '../../src/core/errors.ts';
import type { Kind } from '../../src/core/records.ts';
import { migrate, MIGRATIONS, runSteps, type Migration } from '../../src/store/migrate.ts';
import { HIDDEN_COLUMNS, UNIQUE } from '../../src/store/constraints.ts';
import { SCHEMA } from '../../src/store/schema.ts';
import { KINDS, TABLES, uniqueIndexName } from '../../src/store/tables.ts';
import { forEachStore, type StorePlace } from '../support/stores.ts';

async function query({ url, directory }: StorePlace, statement: string): Promise<Record<string, unknown>[]> {
  if (url === undefined) {
    const database = new DatabaseSync(join(directory, 'chancery.sqlite'));
    const rows = database.prepare(statement).all() as Record<string, unknown>[];
    database.close();
    return rows;
  }
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(statement);
  await client.end();
  return rows;
}

const TYPES = {
  sqlite: { int: 'INTEGER', bool: 'INTEGER', text: 'TEXT', json: 'TEXT', blob: 'BLOB' },
  postgres: { int: 'bigint', bool: 'bigint', text: 'text', json: 'text', blob: 'bytea' },
} as const;

forEachStore((open, engine) => {
  test('the migrated schema is the one of schema.ts, column by column', async () => {
    const place = open.place(await open());
    for (const kind of KINDS) {
      const { name, fields } = TABLES[kind];
      const rows =
        engine === 'sqlite'
          ? await query(
              place,
              `select name, upper(type) as type, "notnull" = 0 as nullable from pragma_table_info('${name}')`,
            )
          : await query(
              place,
              `select column_name as name, data_type as type, is_nullable = 'YES' as nullable from information_schema.columns
                where table_name = '${name}' and table_schema = current_schema()`,
            );
      const found = new Map(rows.map((row) => [String(row['name']), [row['type'], Boolean(row['nullable'])]]));
      const hidden = Object.entries(HIDDEN_COLUMNS[kind] ?? {});
      const wanted = new Map(fields.map((field) => [field.column, [TYPES[engine][field.type], field.nullable]]));
      for (const [column, type] of hidden) {
        wanted.set(column, [TYPES[engine][type.replace('?', '') as 'int'], type.endsWith('?')]);
      }
      assert.deepEqual(found, wanted, name);
      assert.deepEqual(
        Object.keys(SCHEMA[kind]),
        fields.map((field) => field.name),
      );
    }
  });

  test('every constraint of schema.ts is there under its name', async () => {
    const place = open.place(await open());
    const rows = await query(
      place,
      engine === 'sqlite'
        ? "select name from sqlite_schema where type = 'index' and sql like 'create unique%'"
        : "select indexname as name from pg_indexes where indexdef like 'CREATE UNIQUE%' and indexname like '%unique'",
    );
    const wanted = KINDS.flatMap((kind) =>
      (UNIQUE[kind] ?? []).map(({ fields }) => uniqueIndexName(kind as Kind, fields)),
    );
    assert.deepEqual(new Set(rows.map((row) => row['name'])), new Set(wanted));
  });

  test('several starts at once migrate once', async () => {
    const first = await open();
    const stores = await Promise.all([1, 2, 3].map(() => open.again(first)));
    assert.equal(stores.length, 3);
    const rows = await query(open.place(first), 'select id, name from schema_migrations order by id');
    assert.deepEqual(
      rows.map((row) => [Number(row['id']), row['name']]),
      MIGRATIONS.map(({ id, name }) => [id, name]),
    );
  });

  test('a database of a newer version is refused and left alone', async () => {
    const store = await open();
    const insert = "insert into schema_migrations (id, name, applied_at) values (9999, 'tomorrow', 0)";
    await query(open.place(store), insert);
    await assert.rejects(
      open.again(store),
      (error) => error instanceof DeskError && /newer Chancery .*9999 "tomorrow"/.test(error.message),
    );
  });
});

test('migrations run once each, in order, and only those that are missing', () => {
  const database = new DatabaseSync(':memory:');
  const query = (text: string): unknown[][] => {
    const statement = database.prepare(text);
    statement.setReturnArrays(true);
    return statement.all() as unknown as unknown[][];
  };
  const run = (now: number, migrations: readonly Migration[]) => runSteps(migrate('sqlite', now, migrations), query);
  const step = (id: number, statement: string): Migration => ({
    id,
    name: `step ${id}`,
    statements: () => [statement],
  });
  const steps = [step(1, 'create table a (x)'), step(2, 'alter table a add column y'), step(3, 'drop table a')];
  assert.deepEqual(run(5, steps.slice(0, 1)), ['step 1']);
  assert.deepEqual(run(6, steps.slice(0, 2)), ['step 2']);
  assert.deepEqual(run(7, steps), ['step 3']);
  assert.deepEqual(run(8, steps), []);
  database.close();
});

test('migrations are numbered without gaps', () => {
  assert.deepEqual(
    MIGRATIONS.map(({ id }) => id),
    MIGRATIONS.map((_, i) => i + 1),
  );
});
