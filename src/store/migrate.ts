import { DeskError } from '../core/errors.ts';
import type { Instant } from '../core/time.ts';
import { records } from './migrations/001-records.ts';
import { lists } from './migrations/002-lists.ts';
import { orderLists } from './migrations/003-order-lists.ts';
import { totals } from './migrations/004-totals.ts';
import { search } from './migrations/005-search.ts';
import { hosting } from './migrations/006-hosting.ts';
import { shop } from './migrations/007-shop.ts';
import { outside } from './migrations/008-outside.ts';
import type { Engine } from './sql.ts';

/** One step of the schema. Never changed once released; the next step follows it. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  /** Whether it only serves lists. On SQLite these have a database of their own (sqlite-lists-copy.ts). */
  readonly lists?: true;
  statements(engine: Engine): string[];
}

export const MIGRATIONS: readonly Migration[] = [records, lists, orderLists, totals, search, hosting, shop, outside];

/** Number of the schema that this program knows. */
export function newestMigration(): number {
  return MIGRATIONS.at(-1)?.id ?? 0;
}

type Rows = readonly (readonly unknown[])[];

/**
 * The statements that bring the schema to the newest state, forward only. Each is handed out, and the answer to it
 * handed in. The caller holds a lock, so that no other process migrates beside, and one transaction.
 * @returns the names of what was applied, oldest first.
 * @throws DeskError `internal` where the database is newer than this program.
 */
export function* migrate(
  engine: Engine,
  now: Instant,
  migrations: readonly Migration[] = MIGRATIONS,
): Generator<string, string[], Rows> {
  const text = engine === 'sqlite' ? 'text' : 'text collate "C"';
  const int = engine === 'sqlite' ? 'integer' : 'bigint';
  yield `create table if not exists schema_migrations (id ${int} primary key not null, name ${text} not null,
    applied_at ${int} not null)`;
  const rows = yield 'select id, name from schema_migrations order by id';
  const applied = new Map(rows.map(([id, name]) => [Number(id), String(name)]));
  refuseNewer(applied, migrations);
  const done: string[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.id)) continue;
    if (engine === 'postgres' || migration.lists !== true) yield* migration.statements(engine);
    yield `insert into schema_migrations (id, name, applied_at) values (${migration.id}, '${migration.name}', ${now})`;
    done.push(migration.name);
  }
  return done;
}

/** Runs the steps on a connection that answers at once: nothing else of this process comes between. */
export function runSteps<T>(steps: Generator<string, T, Rows>, query: (text: string) => Rows): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next(query(step.value));
  return step.value;
}

/** As `runSteps`, on a connection that answers later. */
export async function runStepsAsync<T>(
  steps: Generator<string, T, Rows>,
  query: (text: string) => Promise<Rows>,
): Promise<T> {
  let step = steps.next();
  while (step.done !== true) step = steps.next(await query(step.value));
  return step.value;
}

function refuseNewer(applied: ReadonlyMap<number, string>, migrations: readonly Migration[]): void {
  const known = new Set(migrations.map((migration) => migration.id));
  for (const [id, name] of applied) {
    if (known.has(id)) continue;
    throw new DeskError(
      'internal',
      `The database was made by a newer Chancery (it has migration ${id} "${name}"). Start that version, or restore a backup that fits this one.`,
    );
  }
}
