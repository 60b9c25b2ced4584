import { createHash } from 'node:crypto';
import type { Kind } from '../core/records.ts';
import { LIST_KINDS, listedFields } from './list-kinds.ts';
import { MIGRATIONS } from './migrate.ts';
import type { IsolatedQuery } from './open.ts';
import type { Row, Value } from './rows.ts';
import { indexSome } from './search-index.ts';
import { openSqlite, type SqliteConnection } from './sqlite-database.ts';
import { TABLES } from './tables.ts';

/**
 * The database of lists: a copy of what lists look at, with their indexes, totals and search index, so that an order
 * writes none of them. It is brought up to date before a list is read, and can be made again from the records.
 */
export interface ListsCopy {
  /**
   * Takes in what was committed to the records since, as one transaction; several processes may do so at once.
   * @returns the last commit that is in it, and whether there are more.
   */
  catchUp(): { upTo: number; more: boolean };
  /** Takes some records into the search index, as many at once as asked for. @returns false where nothing is left to do. */
  indexTexts(rounds?: number): Promise<boolean>;
  close(): void;
}

/** What a commit has written: ids by kind. */
export type ListEntries = Partial<Record<Kind, number[]>>;

/** Commits taken in at once. */
const MOST_COMMITS = 256;
/** Records looked up with one statement. */
const CHUNK = 500;

const TYPES = { int: 'integer', bool: 'integer', text: 'text', json: 'text', blob: 'blob' } as const;

const columnsOf = (kind: Kind): string[] => listedFields(TABLES[kind]).map(({ column }) => column);

function createTables(): string[] {
  return LIST_KINDS.map((kind) => {
    const columns = listedFields(TABLES[kind]).map(({ column, type }) =>
      column === 'id' ? 'id integer primary key not null' : `${column} ${TYPES[type]}`,
    );
    return `create table ${TABLES[kind].name} (${columns.join(', ')})`;
  });
}

/** Lookups beside those by what lists are filtered and sorted by. */
const LOOKUPS = ['create index order_details_by_account on order_details (account_id, id)'];

function createIndexes(): string[] {
  const lists = MIGRATIONS.filter((migration) => migration.lists === true);
  return [...LOOKUPS, ...lists.flatMap((migration) => migration.statements('sqlite'))];
}

/** Statements about the copies of a kind. */
interface CopyStatements {
  /** Of these ids, a list in JSON. */
  held: string;
  insert: string;
  own: string;
  source: string;
  remove: string;
}

function copyStatements(kind: Kind): CopyStatements {
  const { name } = TABLES[kind];
  const columns = columnsOf(kind).join(', ');
  return {
    held: 'where id in (select value from json_each(?))',
    insert: `insert into main.${name} (${columns}) select ${columns} from records.${name}`,
    own: `select ${columns} from main.${name}`,
    source: `select ${columns} from records.${name}`,
    remove: `delete from main.${name} where id = ?`,
  };
}

const COPIES = Object.fromEntries(LIST_KINDS.map((kind) => [kind, copyStatements(kind)])) as Record<
  Kind,
  CopyStatements
>;

/** Changes where the tables or indexes do: the copy is then made again. */
const SHAPE = createHash('sha256')
  .update([...createTables(), ...createIndexes()].join('\n'))
  .digest('hex');

/** Opens the database of lists of `records`, both files; makes it where it is missing or another's. */
export function openListsCopy(records: string, file: string): ListsCopy {
  const lists = openSqlite(file, 'write', records);
  // It reads what was just written, once.
  lists.database.exec('pragma records.cache_size = -8192');
  // Pages that change with every commit are copied once in so many; the log takes 64 MB at most.
  lists.database.exec('pragma wal_autocheckpoint = 16384');
  let made = false;

  function catchUp(): { upTo: number; more: boolean } {
    // Of the records too it is one moment that is read.
    lists.run('begin immediate', []);
    try {
      const upTo = (made ? readState(lists) : null) ?? makeCopy(lists);
      made = true;
      const commits = lists.all(
        `select seq, entries from records.list_changes where seq > ? order by seq limit ${MOST_COMMITS}`,
        [upTo],
      ) as [number, string][];
      const last = commits.at(-1)?.[0] ?? upTo;
      for (const [kind, ids] of together(commits)) takeIn(lists, kind, [...ids]);
      if (last !== upTo) lists.run('update list_state set seq = ?', [last]);
      lists.run('commit', []);
      return { upTo: last, more: commits.length === MOST_COMMITS };
    } finally {
      if (lists.database.isTransaction) lists.run('rollback', []);
    }
  }

  return {
    catchUp,
    async indexTexts(rounds = 1) {
      lists.run('begin immediate', []);
      try {
        const query: IsolatedQuery = async (text, parameters = []) => lists.all(text, parameters);
        let more = true;
        for (let round = 0; more && round < rounds; round += 1) more = await indexSome('sqlite', query);
        lists.run('commit', []);
        return more;
      } finally {
        if (lists.database.isTransaction) lists.run('rollback', []);
      }
    },
    close: () => lists.close(),
  };
}

/** How far the copy reaches; null where it is not there. */
function readState(lists: SqliteConnection): number | null {
  return (lists.all('select seq from list_state', [])[0]?.[0] as number | undefined) ?? null;
}

/** How far the copy reaches, which is made (again) where it is missing, of other records, or changes are missing. */
function makeCopy(lists: SqliteConnection): number {
  const token = lists.all('select token from records.list_source', [])[0]?.[0] as string;
  const [[first, last]] = lists.all('select min(seq), max(seq) from records.list_changes', []) as [
    [number | null, number | null],
  ];
  const there = lists.all("select 1 from sqlite_schema where name = 'list_state'", []).length > 0;
  if (there) {
    const [state] = lists.all('select seq, token, shape from list_state', []) as [number, string, string][];
    if (state !== undefined && state[1] === token && state[2] === SHAPE && state[0] >= (first ?? 1) - 1)
      return state[0];
  }
  dropAll(lists);
  for (const text of createTables()) lists.database.exec(text);
  for (const kind of LIST_KINDS) lists.database.exec(`${COPIES[kind].insert} order by id`);
  // Indexes of what is there already are made in a fraction of the time.
  for (const text of createIndexes()) lists.database.exec(text);
  lists.database.exec('create table list_state (seq integer not null, token text not null, shape text not null)');
  lists.run('insert into list_state (seq, token, shape) values (?, ?, ?)', [last ?? 0, token, SHAPE]);
  return last ?? 0;
}

function dropAll(lists: SqliteConnection): void {
  const names = lists.all(
    "select name from sqlite_schema where type = 'table' and name like '%\\_search' escape '\\'",
    [],
  );
  for (const [name] of names) lists.database.exec(`drop table main.${String(name)}`);
  const rest = lists.all(
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'",
    [],
  );
  for (const [name] of rest) lists.database.exec(`drop table main.${String(name)}`);
}

/** What several commits have written, each record once. */
function together(commits: readonly [number, string][]): Map<Kind, Set<number>> {
  const all = new Map<Kind, Set<number>>();
  for (const [, entries] of commits) {
    for (const [kind, ids] of Object.entries(JSON.parse(entries) as ListEntries)) {
      const known = all.get(kind as Kind) ?? new Set();
      for (const id of ids) known.add(id);
      all.set(kind as Kind, known);
    }
  }
  return all;
}

/** Makes records of the copy as they are now. Those that are new are inserted by one statement: half the work of one each. */
function takeIn(lists: SqliteConnection, kind: Kind, ids: readonly number[]): void {
  const { held, insert, own, source, remove } = COPIES[kind];
  for (let at = 0; at < ids.length; at += CHUNK) {
    const some = JSON.stringify(ids.slice(at, at + CHUNK));
    const before = new Map(lists.all(`${own} ${held}`, [some]).map((row) => [row[0] as number, row]));
    lists.run(`${insert} ${held} and id not in (select id from main.${TABLES[kind].name} ${held}) order by id`, [
      some,
      some,
    ]);
    if (before.size === 0) continue;
    for (const row of lists.all(`${source} ${held}`, [JSON.stringify([...before.keys()])])) {
      const id = row[0] as number;
      update(lists, kind, before.get(id) as Row, row);
      before.delete(id);
    }
    for (const id of before.keys()) lists.run(remove, [id]);
  }
}

/** Only what differs: each column that is set costs its indexes. */
function update(lists: SqliteConnection, kind: Kind, before: Row, after: Row): void {
  const columns = columnsOf(kind);
  const changed = columns.flatMap((_, i) => (before[i] === after[i] ? [] : [i]));
  if (changed.length === 0) return;
  const set = changed.map((i) => `${columns[i]} = ?`).join(', ');
  const values = changed.map((i) => after[i] as Value);
  lists.run(`update main.${TABLES[kind].name} set ${set} where id = ?`, [...values, after[0] as number]);
}
