import { DeskError } from '../core/errors.ts';
import type { Instant } from '../core/time.ts';
import { records } from './migrations/001-records.ts';
import type { Engine } from './sql.ts';

/** One step of the schema. Never changed once released; the next step follows it. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  statements(engine: Engine): string[];
}

export const MIGRATIONS: readonly Migration[] = [records];

/** A connection inside a transaction that no other process migrates beside. */
export interface MigrationConnection {
  readonly engine: Engine;
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
}

/**
 * Brings the schema to the newest state, forward only. The caller holds the lock and the transaction.
 * @returns the names of what was applied, oldest first.
 * @throws DeskError `internal` where the database is newer than this program.
 */
export async function migrate(
  connection: MigrationConnection,
  now: Instant,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  const text = connection.engine === 'sqlite' ? 'text' : 'text collate "C"';
  const int = connection.engine === 'sqlite' ? 'integer' : 'bigint';
  await connection.query(
    `create table if not exists schema_migrations (id ${int} primary key not null, name ${text} not null,
      applied_at ${int} not null)`,
  );
  const rows = await connection.query('select id, name from schema_migrations order by id');
  const applied = new Map(rows.map(([id, name]) => [Number(id), String(name)]));
  refuseNewer(applied, migrations);
  const done: string[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.id)) continue;
    for (const statement of migration.statements(connection.engine)) await connection.query(statement);
    await connection.query(
      `insert into schema_migrations (id, name, applied_at) values (${migration.id}, '${migration.name}', ${now})`,
    );
    done.push(migration.name);
  }
  return done;
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
