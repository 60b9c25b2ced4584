import { sql } from 'kysely';
import type { Kind, Records, Validation } from '../core/records.ts';
import type { FindOptions, ListQuery, ListResult, Reader } from '../core/store.ts';
import type { Instant } from '../core/time.ts';
import { listIds } from './list.ts';
import { LIST_LIMITS, type ListOptions } from './list-run.ts';
import { orderBy } from './list-conditions.ts';
import { decodeRow, encodeValue, type Row, type Value } from './rows.ts';
import { fieldOf, TABLES, type Field, type Table } from './tables.ts';
import { BUILDERS, type Engine, numbered } from './sql.ts';

/** Runs one statement on a connection. Its answer's rows are lists of values in the order selected. */
export type Query = (text: string, parameters: readonly Value[]) => readonly Row[] | Promise<readonly Row[]>;

/** The reading half of the port over one connection of either engine, with `walk`. */
export interface TableReader extends Reader {
  walk<K extends Kind>(kind: K, afterId?: number): AsyncIterable<Records[K]>;
}

const WALK_ROWS = 500;

const columnsOf = (table: Table): string[] => table.fields.map((field) => field.column);

/** A parameter that stands for a list of values of the field, and the condition that a column is one of them. */
export function anyOf(engine: Engine, field: Field, values: readonly unknown[]): [condition: string, Value] {
  const encoded = values.map((value) => encodeValue(field, value));
  if (engine === 'sqlite') return ['in (select value from json_each(?))', JSON.stringify(encoded)];
  return [`= any(?::${field.type === 'int' || field.type === 'bool' ? 'bigint' : 'text'}[])`, encoded as never];
}

export function createReader(engine: Engine, query: Query, lists: ListOptions = { limits: LIST_LIMITS }): TableReader {
  const shapes = new Map<string, string>();
  const shape = (key: string, build: () => string): string => {
    let text = shapes.get(key);
    if (text === undefined) {
      text = build();
      shapes.set(key, text);
    }
    return text;
  };
  const select = (table: Table) => BUILDERS[engine].selectFrom(table.name).select(columnsOf(table));
  const byId = (kind: Kind): string =>
    shape(`get ${kind}`, () => select(TABLES[kind]).where('id', '=', 0).compile().sql);

  async function find<K extends Kind>(
    kind: K,
    where: { [F in keyof Records[K]]?: Records[K][F] | readonly Records[K][F][] },
    options: FindOptions<Records[K]> = {},
  ): Promise<Records[K][]> {
    const table = TABLES[kind];
    const wanted = Object.entries(where).filter(([, value]) => value !== undefined);
    if (wanted.some(([, value]) => Array.isArray(value) && value.length === 0)) return [];
    const { order, limit } = options;
    const modes = wanted.map(([name, value]) => `${name}:${modeOf(engine, name, value)}`);
    const text = shape(
      `find ${kind} ${modes.join()} ${order?.field} ${order?.descending} ${limit !== undefined}`,
      () => {
        let built = select(table);
        for (const [name, value] of wanted) built = built.where(condition(engine, fieldOf(table, name), value));
        if (order !== undefined) built = built.orderBy(orderBy(fieldOf(table, order.field), order.descending));
        built = built.orderBy(lastOrder(engine, order !== undefined), order?.descending === true ? 'desc' : 'asc');
        return (limit === undefined ? built : built.limit(sql<number>`${0}`)).compile().sql;
      },
    );
    const parameters: Value[] = [];
    for (const [name, value] of wanted) {
      if (value === null || areStates(name, value)) continue;
      const field = fieldOf(table, name);
      if (field.type === 'json') throw new TypeError(`${kind}.${name} cannot be compared`);
      if (isFew(engine, value)) parameters.push(...value.map((one) => encodeValue(field, one)));
      else parameters.push(Array.isArray(value) ? anyOf(engine, field, value)[1] : encodeValue(field, value));
    }
    if (limit !== undefined) parameters.push(limit);
    const rows = await query(text, parameters);
    return rows.map((row) => decodeRow(table, row));
  }

  async function list<K extends Kind>(kind: K, asked: ListQuery<Records[K]>): Promise<ListResult<Records[K]>> {
    const { ids, total } = await listIds(engine, lists.query ?? query, kind, asked, lists);
    const found = new Map<number, Records[K]>();
    for (const record of await find(kind, { id: ids } as never)) found.set(record.id, record);
    const records = ids.map((id) => found.get(id)).filter((record) => record !== undefined);
    return total === undefined ? { records } : { records, total };
  }

  async function reusableValidations(
    accountId: number,
    domains: readonly string[],
    since: Instant,
  ): Promise<Validation[]> {
    if (domains.length === 0) return [];
    const table = TABLES.validations;
    const few = isFew(engine, domains);
    const [oneOf, names] = few ? [inFew(domains.length), null] : anyOf(engine, fieldOf(table, 'domain'), domains);
    const text = shape(`reusable ${oneOf}`, () =>
      numbered(
        engine,
        `select ${columnsOf(table).join(', ')} from validations where account_id = ? and domain ${oneOf}
          and state = 'valid' and reused_from is null and validated_at >= ? order by validated_at desc, id desc`,
      ),
    );
    const rows = await query(text, [accountId, ...(few ? domains : [names]), since]);
    return rows.map((row) => decodeRow(table, row));
  }

  return {
    find,
    list,
    reusableValidations,
    async get(kind, id) {
      const row = (await query(byId(kind), [id]))[0];
      return row === undefined ? null : decodeRow(TABLES[kind], row);
    },
    async *walk(kind, afterId = 0) {
      const table = TABLES[kind];
      const text = shape(
        `walk ${kind}`,
        () => select(table).where('id', '>', 0).orderBy('id').limit(sql.lit(WALK_ROWS)).compile().sql,
      );
      let last = afterId;
      for (;;) {
        const rows = await query(text, [last]);
        for (const row of rows) yield decodeRow(table, row);
        if (rows.length < WALK_ROWS) return;
        last = rows[rows.length - 1]?.[0] as number;
      }
    },
  };
}

/** Several states, which stand in the text itself: a partial index is used only where its condition is seen. */
function areStates(name: string, value: unknown): value is readonly string[] {
  return name === 'state' && Array.isArray(value) && value.every((state) => /^[a-z-]{1,20}$/.test(state));
}

/** Up to so many values stand as a parameter each on SQLite: half the time of taking them out of a JSON text. */
const FEW = 8;

function isFew(engine: Engine, value: unknown): value is readonly unknown[] {
  return engine === 'sqlite' && Array.isArray(value) && value.length <= FEW;
}

const inFew = (count: number): string => `in (${Array.from({ length: count }, () => '?').join()})`;

/** What of a condition makes a statement another one. */
function modeOf(engine: Engine, name: string, value: unknown): string {
  if (value === null) return 'null';
  if (areStates(name, value)) return value.join('|');
  if (isFew(engine, value)) return `few${value.length}`;
  return Array.isArray(value) ? 'any' : 'is';
}

function condition(engine: Engine, field: Field, value: unknown) {
  const column = sql.ref(field.column);
  if (value === null) return sql<boolean>`${column} is null`;
  if (areStates(field.name, value))
    return sql<boolean>`${column} in (${sql.join(value.map((state) => sql.lit(state)))})`;
  if (!Array.isArray(value)) return sql<boolean>`${column} = ${0}`;
  if (isFew(engine, value)) return sql<boolean>`${column} ${sql.raw(inFew(value.length))}`;
  if (engine === 'sqlite') return sql<boolean>`${column} in (select value from json_each(${0}))`;
  return sql<boolean>`${column} = any(${0}::${sql.raw(field.type === 'int' || field.type === 'bool' ? 'bigint' : 'text')}[])`;
}

/**
 * Orders by id. A lookup finds few records: there SQLite must choose its index by what is looked for, and never walk
 * all records of an account because they come in this order (`+` keeps it from that).
 */
function lastOrder(engine: Engine, ordered: boolean) {
  return engine === 'sqlite' && !ordered ? sql`+${sql.ref('id')}` : sql.ref('id');
}
