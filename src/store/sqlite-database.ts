import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Row, Value } from './rows.ts';

/** A connection with its prepared statements. */
export interface SqliteConnection {
  readonly database: DatabaseSync;
  /** All rows, as lists of values. */
  all(text: string, parameters: readonly Value[]): Row[];
  /** @returns how many rows were changed. */
  run(text: string, parameters: readonly Value[]): number;
  close(): void;
}

const CACHED_STATEMENTS = 500;
const BUSY_MILLISECONDS = 10_000;

/**
 * Opens a database file. The writer's commits are durable when they return (WAL, `synchronous=FULL`); a reader sees
 * what is committed. `records` is a second database, read only: its tables are found where the first has none of that name.
 */
export function openSqlite(file: string, mode: 'write' | 'read', records?: string): SqliteConnection {
  const database = new DatabaseSync(file, { readOnly: mode === 'read', timeout: BUSY_MILLISECONDS });
  if (mode === 'write') {
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full');
  }
  if (records !== undefined) database.prepare('attach ? as records').run(`${pathToFileURL(records).href}?mode=ro`);
  database.exec('pragma cache_size = -65536');
  database.exec('pragma temp_store = memory');
  const statements = new Map<string, StatementSync>();
  const prepare = (text: string): StatementSync => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = database.prepare(text);
      statement.setReturnArrays(true);
      if (statements.size === CACHED_STATEMENTS) {
        const oldest = statements.keys().next().value as string;
        statements.delete(oldest);
      }
      statements.set(text, statement);
    }
    return statement;
  };
  return {
    database,
    all: (text, parameters) => prepare(text).all(...parameters) as unknown as Row[],
    run: (text, parameters) => Number(prepare(text).run(...parameters).changes),
    close: () => {
      statements.clear();
      database.close();
    },
  };
}
