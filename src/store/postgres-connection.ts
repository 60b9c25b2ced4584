import pg from 'pg';
import { DeskError } from '../core/errors.ts';
import type { Row, Value } from './rows.ts';

/** A connection that sends statements without waiting for the answers to those before. */
export interface PostgresConnection {
  /** Rows as lists of values. The text is prepared once per connection. */
  query(text: string, parameters?: readonly unknown[]): Promise<PostgresAnswer>;
  /** False once the connection was lost. */
  readonly usable: boolean;
  close(): Promise<void>;
}

export interface PostgresAnswer {
  readonly command: string;
  readonly rows: readonly Row[];
}

const INT8 = 20;
const BOOL = 16;
const numbers = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    // Everything stored as int8 is a moment, an id or cents: below 2^53.
    if (oid === INT8 && format !== 'binary') return Number;
    if (oid === BOOL && format !== 'binary') return (text: string) => text === 't';
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

const names = new Map<string, string>();

/** The name under which a statement is prepared, the same on every connection. */
export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `s${names.size}`;
    names.set(text, name);
  }
  return name;
}

/** Options of every connection to the database. */
export function connectionOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    types: numbers as never,
    application_name: 'chancery',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  };
}

/** @throws the driver's error where the database cannot be reached. */
export async function connectPostgres(url: string): Promise<PostgresConnection> {
  const client = new pg.Client({ ...connectionOptions(url), pipeline: true } as pg.ClientConfig);
  let usable = true;
  client.on('error', () => (usable = false));
  client.on('end', () => (usable = false));
  await client.connect();
  return {
    get usable() {
      return usable;
    },
    async query(text, parameters = []) {
      return readAnswer(await client.query(preparedQuery(text, parameters)));
    },
    close: () => client.end(),
  };
}

export function preparedQuery(text: string, parameters: readonly unknown[]) {
  return { name: statementName(text), text, values: parameters as unknown[], rowMode: 'array' as const };
}

export function readAnswer(result: { command: string; rows: unknown[] }): PostgresAnswer {
  return { command: result.command, rows: result.rows as Row[] };
}

/** Errors after which the same work may succeed: serialisation failure, deadlock. */
export function mayRetry(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === '40001' || code === '40P01';
}

/** Short statements on a handful of connections that are opened when needed. */
export function createReadPool(url: string, size: number) {
  const options = { max: size, idleTimeoutMillis: 30_000, allowExitOnIdle: true };
  const pool = new pg.Pool({ ...connectionOptions(url), ...options });
  pool.on('error', () => {});
  const pending = new Set<Promise<unknown>>();
  let closed = false;
  const run = async (config: pg.QueryConfig): Promise<readonly Row[]> => {
    if (closed) throw new DeskError('internal', 'The store is closed');
    const answer = pool.query(config);
    pending.add(answer);
    try {
      return readAnswer(await answer).rows;
    } finally {
      pending.delete(answer);
    }
  };
  return {
    /** Prepared once per connection: for statements of which there are few. */
    query: (text: string, parameters: readonly Value[]) => run(preparedQuery(text, parameters)),
    once: (text: string, parameters: readonly unknown[] = []) =>
      run({ text, values: parameters as unknown[], rowMode: 'array' } as pg.QueryConfig),
    /** Waits for what is under way. */
    async close(): Promise<void> {
      closed = true;
      await Promise.allSettled(pending);
      await pool.end();
    },
  };
}
