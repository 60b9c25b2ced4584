import type { Migration } from '../migrate.ts';
import type { Engine } from '../sql.ts';

/** A column of a table of totals: its name, and its value out of a record, which is never null. */
type Dimension = readonly [name: string, value: string, type: 'text' | 'int'];

const plain = (column: string, type: 'text' | 'int' = 'text'): Dimension => [column, `@.${column}`, type];
/** `=value`, empty for null. */
const nullable = (column: string): Dimension => [column, `coalesce('=' || @.${column}, '')`, 'text'];
const present = (column: string): Dimension => [
  `has_${column}`,
  `case when @.${column} is null then 0 else 1 end`,
  'int',
];
/** Days since 1970, -1000000 for null. */
const day = (column: string): Dimension => [`${column}_day`, `coalesce(@.${column} / 86400000, -1000000)`, 'int'];

/** How many records of an account there are of each combination, kept by triggers within every transaction. */
const TOTALS: Readonly<Record<string, readonly Dimension[]>> = {
  certificates: [
    plain('account_id', 'int'),
    plain('state'),
    plain('product'),
    plain('key_algorithm'),
    plain('key_bits', 'int'),
    nullable('country'),
    present('organization'),
    day('not_before'),
    day('not_after'),
    day('subscription_ends_at'),
  ],
  requests: [plain('account_id', 'int'), plain('kind'), plain('product'), day('created_at')],
  charges: [plain('account_id', 'int'), day('created_at')],
  notifications: [plain('account_id', 'int'), day('fired_at')],
};

/**
 * A request changes its state several times, and so does an order: counting that is no work on the way of an order on
 * SQLite alone, where a thread does it.
 */
function totalsOf(engine: Engine): typeof TOTALS {
  if (engine === 'postgres') return TOTALS;
  return {
    ...TOTALS,
    requests: [...(TOTALS['requests'] ?? []), plain('state')],
    orders: [plain('account_id', 'int'), plain('state'), plain('product'), day('created_at')],
  };
}

const namesOf = (dimensions: readonly Dimension[]): string => dimensions.map(([name]) => name).join(', ');
const valuesOf = (dimensions: readonly Dimension[], row: string): string =>
  dimensions.map(([, value]) => value.replace('@', row)).join(', ');
/** Columns of the record that a dimension looks at. */
const sourcesOf = (dimensions: readonly Dimension[]): string[] =>
  dimensions.map(([, value]) => /@\.(\w+)/.exec(value)?.[1] ?? '');

function createTotals(engine: Engine, table: string, dimensions: readonly Dimension[]): string {
  const types = engine === 'sqlite' ? { text: 'text', int: 'integer' } : { text: 'text collate "C"', int: 'bigint' };
  const columns = dimensions.map(([name, , type]) => `${name} ${types[type]} not null`).join(', ');
  const key = `primary key (${namesOf(dimensions)})`;
  return `create table ${table}_totals (${columns}, n ${types.int} not null, ${key})${engine === 'sqlite' ? ' without rowid' : ''}`;
}

function sqliteTriggers(table: string, dimensions: readonly Dimension[]): string[] {
  const add = (row: string, n: number): string =>
    `insert into ${table}_totals (${namesOf(dimensions)}, n) values (${valuesOf(dimensions, row)}, ${n})
      on conflict (${namesOf(dimensions)}) do update set n = n + excluded.n;`;
  const changed = sourcesOf(dimensions)
    .map((column) => `old.${column} is not new.${column}`)
    .join(' or ');
  return [
    `create trigger ${table}_totals_insert after insert on ${table} begin ${add('new', 1)} end`,
    `create trigger ${table}_totals_delete after delete on ${table} begin ${add('old', -1)} end`,
    `create trigger ${table}_totals_update after update of ${sourcesOf(dimensions).join(', ')} on ${table}
      when ${changed} begin ${add('old', -1)} ${add('new', 1)} end`,
  ];
}

/** Inserts come many in one statement, so they are summed first; in order, so that two processes cannot block each other. */
function postgresTriggers(table: string, dimensions: readonly Dimension[]): string[] {
  const names = namesOf(dimensions);
  const onConflict = `on conflict (${names}) do update set n = ${table}_totals.n + excluded.n`;
  const into = `insert into ${table}_totals (${names}, n)`;
  const one = (row: string, n: number): string => `${into} values (${valuesOf(dimensions, row)}, ${n}) ${onConflict};`;
  const position = dimensions.map((_, i) => i + 1).join(', ');
  const changed = sourcesOf(dimensions)
    .map((column) => `old.${column} is distinct from new.${column}`)
    .join(' or ');
  const define = (name: string, body: string): string =>
    `create function ${table}_totals_${name}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`;
  return [
    define(
      'insert',
      `${into} select ${valuesOf(dimensions, 'r')}, count(*) from inserted r group by ${position} order by ${position} ${onConflict};`,
    ),
    define('delete', one('old', -1)),
    define('update', `${one('old', -1)} ${one('new', 1)}`),
    `create trigger ${table}_totals_insert after insert on ${table} referencing new table as inserted
      for each statement execute function ${table}_totals_insert()`,
    `create trigger ${table}_totals_delete after delete on ${table} for each row execute function ${table}_totals_delete()`,
    `create trigger ${table}_totals_update after update of ${sourcesOf(dimensions).join(', ')} on ${table} for each row
      when (${changed}) execute function ${table}_totals_update()`,
  ];
}

/** Totals of lists without counting a million rows. */
export const totals: Migration = {
  id: 4,
  name: 'totals',
  lists: true,
  statements: (engine) =>
    Object.entries(totalsOf(engine)).flatMap(([table, dimensions]) => [
      createTotals(engine, table, dimensions),
      `insert into ${table}_totals (${namesOf(dimensions)}, n)
        select ${valuesOf(dimensions, 'r')}, count(*) from ${table} r group by ${dimensions.map((_, i) => i + 1).join(', ')}`,
      ...(engine === 'sqlite' ? sqliteTriggers(table, dimensions) : postgresTriggers(table, dimensions)),
    ]),
};
