import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../core/ports.ts';
import type { JobLeases, Store } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import type { ChainHead } from './audit-chain.ts';
import { openPostgresStore } from './postgres-store.ts';
import type { Row, Value } from './rows.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** Runs one statement in an isolated transaction. */
export type IsolatedQuery = (text: string, parameters?: readonly Value[]) => Promise<readonly Row[]>;

/** The store with what the runner of jobs, the doctor and the backup need beside the port. */
export interface ChanceryStore extends Store, JobLeases {
  /** The newest link of the audit chain. */
  chainHead(): Promise<ChainHead>;
  /**
   * Work on a connection of its own, in one transaction: to read a snapshot while others write, or to write much at
   * once. A throw undoes it. `lists` reads what lists are answered from.
   */
  isolated<T>(mode: 'read' | 'write' | 'lists', work: (query: IsolatedQuery) => Promise<T>): Promise<T>;
  /** Takes everything that waits into the search index, instead of little by little. */
  indexTexts(): Promise<void>;
  /** Since the start: units run, and the commits that they shared. */
  stats(): { units: number; commits: number };
}

export interface StoreLog {
  info(details: Record<string, unknown>, message: string): void;
  warn(details: Record<string, unknown>, message: string): void;
}

export interface StoreOptions {
  /** `postgres://…`; absent for SQLite in the directory. */
  url?: string;
  /** Where `chancery.sqlite` is; made where it is missing. */
  directory: string;
  clock: Clock;
  random: Random;
  log?: StoreLog;
  /** Most connections of this process to PostgreSQL. */
  poolSize?: number;
  /** Those of them that write. */
  lanes?: number;
}

/** Measured: see docs/performance.md. */
const LANES = 2;
const POOL_SIZE = 10;

/**
 * Opens the database and brings its schema up to date; several processes may do so at once.
 * @throws DeskError `internal` where the database is newer than this program.
 */
export async function openStore(options: StoreOptions): Promise<ChanceryStore> {
  if (options.url !== undefined) {
    const { url, clock, lanes = LANES, poolSize = POOL_SIZE } = options;
    return openPostgresStore(url, clock, { lanes, readers: Math.max(1, poolSize - lanes) });
  }
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  return openSqliteStore(join(options.directory, 'chancery.sqlite'), options.clock);
}
