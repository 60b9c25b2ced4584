import { type RawBuilder, sql } from 'kysely';
import type { Kind } from '../core/records.ts';
import type { Condition } from './list-conditions.ts';
import type { IsolatedQuery } from './open.ts';
import type { Row } from './rows.ts';
import { type Engine, numbered } from './sql.ts';
import { searchableFields, TABLES } from './tables.ts';

/** Tables with an index of the parts of their text (migration 005). */
const SEARCHED: readonly Kind[] = ['certificates', 'requests'];
/** Shorter texts are in no trigram. */
const SHORTEST = 3;
/** Records taken into the index at once: some 10 ms. */
const BATCH = 250;

/** Whether the index can tell which records may hold the text. */
export function isIndexed(kind: Kind, search: string): boolean {
  return SEARCHED.includes(kind) && Array.from(search).length >= SHORTEST && !search.includes('\0');
}

/** Up to `limit` ids of records whose indexed text holds the search; some may be of records that do so no more. */
export function candidates(
  engine: Engine,
  kind: Kind,
  search: string,
  accountId: number | null,
  limit: number,
): RawBuilder<unknown> {
  const index = sql.table(`${TABLES[kind].name}_search`);
  if (engine === 'sqlite') {
    return sql`select rowid from ${index} where ${index} match ${phrase(search)} limit ${limit}`;
  }
  const account = accountId === null ? sql`true` : sql`account_id = ${accountId}`;
  return sql`select id from ${index} where ${account} and text ilike ${like(search)} limit ${limit}`;
}

/** Records that the index does not know yet, or not as they are. */
export function pending(kind: Kind): RawBuilder<unknown> {
  return sql`select id from search_pending where kind = ${sql.lit(TABLES[kind].name)}`;
}

/** How far the index reaches, and its epoch. */
export function indexState(kind: Kind): RawBuilder<unknown> {
  return sql`select epoch, reach from search_state where kind = ${sql.lit(TABLES[kind].name)}`;
}

/** How many records with ids above `after` and up to `reach` hold the text by the index. */
export function indexedCount(
  engine: Engine,
  kind: Kind,
  search: string,
  accountId: number | null,
  after: number,
  reach: number,
): RawBuilder<unknown> {
  const { name } = TABLES[kind];
  const index = sql.table(`${name}_search`);
  if (engine === 'postgres') {
    const account = accountId === null ? sql`true` : sql`account_id = ${accountId}`;
    return sql`select count(*) from ${index} where ${account} and text ilike ${like(search)} and id > ${after} and id <= ${reach}`;
  }
  const matches = sql`${index} match ${phrase(search)} and rowid > ${after} and rowid <= ${reach}`;
  if (accountId === null) return sql`select count(*) from ${index} where ${matches}`;
  // Where there is one account alone, all that is found is its own.
  const byId = sql`${sql.table(name)} indexed by ${sql.raw(`${name}_by_id`)}`;
  const others = sql`select 1 from ${byId} where account_id < ${accountId} union all select 1 from ${byId} where account_id > ${accountId}`;
  const own = sql`rowid in (select id from ${byId} where account_id = ${accountId} and id > ${after} and id <= ${reach})`;
  return sql`select count(*) from ${index} where ${matches} and (not exists (${others}) or ${own})`;
}

/** Ids, joined by commas, of indexed records that have changed since and wait to be indexed again. */
export function changedSince(engine: Engine, kind: Kind): RawBuilder<unknown> {
  const list = engine === 'sqlite' ? sql`group_concat(id)` : sql`string_agg(id::text, ',')`;
  return sql`select ${list} from search_pending where kind = ${sql.lit(TABLES[kind].name)} and known = 1`;
}

/** How many of the changed records hold the text by the index. */
export function indexedAmong(engine: Engine, kind: Kind, search: string, ids: readonly number[]): RawBuilder<unknown> {
  const index = sql.table(`${TABLES[kind].name}_search`);
  if (engine === 'postgres') {
    return sql`select id from ${index} where id = any(${ids}::bigint[]) and text ilike ${like(search)}`;
  }
  return sql`select rowid from ${index} where ${index} match ${phrase(search)} and rowid in (${sql.join(ids)})`;
}

/** Whether the index finds exactly what the search means: beyond ASCII it folds more letters. */
export function isExact(search: string): boolean {
  return /^[\x20-\x7e]+$/.test(search);
}

const phrase = (search: string): string => `"${search.replaceAll('"', '""')}"`;
const like = (search: string): string => `%${search.replace(/[\\_%]/g, '\\$&')}%`;

/** A condition that leads to records by their ids; mostly together with all that are pending. */
export function among(engine: Engine, kind: Kind, ids: readonly number[], withPending = true): Condition {
  const more = withPending ? sql`union ${pending(kind)}` : sql``;
  if (engine === 'sqlite') return sql`id in (select value from json_each(${JSON.stringify(ids)}) ${more})`;
  return sql`id = any(array(select unnest(${ids}::bigint[]) ${more}))`;
}

/**
 * Takes some of what is pending into the index, in the transaction of the query.
 * @returns false where nothing is left to do.
 */
export async function indexSome(engine: Engine, query: IsolatedQuery): Promise<boolean> {
  for (const kind of SEARCHED) {
    const ids = await take(engine, kind, query);
    if (ids.length === 0) continue;
    await extend(engine, kind, ids, query);
    await (engine === 'sqlite' ? indexSqlite(kind, ids, query) : indexPostgres(kind, ids, query));
    return true;
  }
  return false;
}

async function take(engine: Engine, kind: Kind, query: IsolatedQuery): Promise<number[]> {
  const { name } = TABLES[kind];
  const lock = engine === 'postgres' ? 'for update skip locked' : '';
  const rows = await query(
    `delete from search_pending where kind = '${name}' and id in
      (select id from search_pending where kind = '${name}' order by id limit ${BATCH} ${lock}) returning id`,
  );
  return rows.map((row) => row[0] as number);
}

/** Moves the reach on; where a record within it is indexed (again), what was counted up to there holds no more. */
async function extend(engine: Engine, kind: Kind, ids: readonly number[], query: IsolatedQuery): Promise<void> {
  const text = `update search_state set epoch = epoch + case when reach >= ? then 1 else 0 end,
    reach = ${engine === 'sqlite' ? 'max' : 'greatest'}(reach, ?) where kind = '${TABLES[kind].name}'`;
  await query(numbered(engine, text), [Math.min(...ids), Math.max(...ids)]);
}

/** The text of a record as it is indexed: all fields, each on a line. */
function textOf(row: Row, kind: Kind): string {
  const values = searchableFields(TABLES[kind]).flatMap((field, i) => {
    const value = row[i + 2] as string | null;
    return field.type === 'json' ? (JSON.parse(value ?? '[]') as string[]) : [value ?? ''];
  });
  return [...new Set(values)].join('\n');
}

async function textsOf(
  engine: Engine,
  kind: Kind,
  ids: readonly number[],
  query: IsolatedQuery,
): Promise<[id: number, account: number, text: string][]> {
  const { name } = TABLES[kind];
  const columns = searchableFields(TABLES[kind]).map((field) => field.column);
  const condition = engine === 'sqlite' ? 'id in (select value from json_each(?))' : 'id = any($1::bigint[])';
  const wanted = engine === 'sqlite' ? JSON.stringify(ids) : (ids as never);
  const rows = await query(`select id, account_id, ${columns.join(', ')} from ${name} where ${condition}`, [wanted]);
  return rows.map((row) => [row[0] as number, row[1] as number, textOf(row, kind)]);
}

async function indexSqlite(kind: Kind, ids: readonly number[], query: IsolatedQuery): Promise<void> {
  const index = `${TABLES[kind].name}_search`;
  await query(`delete from ${index} where rowid in (select value from json_each(?))`, [JSON.stringify(ids)]);
  const insert = `insert into ${index} (rowid, text) values (?, ?)`;
  for (const [id, , text] of await textsOf('sqlite', kind, ids, query)) await query(insert, [id, text]);
}

async function indexPostgres(kind: Kind, ids: readonly number[], query: IsolatedQuery): Promise<void> {
  const texts = await textsOf('postgres', kind, ids, query);
  const insert = numbered(
    'postgres',
    `insert into ${TABLES[kind].name}_search (id, account_id, text)
      select * from unnest(?::bigint[], ?::bigint[], ?::text[]) on conflict (id) do update set text = excluded.text`,
  );
  const column = (position: 0 | 1 | 2): never => texts.map((row) => row[position]) as never;
  await query(insert, [column(0), column(1), column(2)]);
}
