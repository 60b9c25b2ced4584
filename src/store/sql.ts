import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

export type Engine = 'sqlite' | 'postgres';

/** Tables and columns are data (schema.ts), so the builder knows them as text. */
export type Builder = Kysely<Record<string, Record<string, unknown>>>;

/** Builds SQL for an engine and never runs it: the drivers run compiled text. */
export function createBuilder(engine: Engine): Builder {
  if (engine === 'sqlite') {
    return new Kysely({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
  }
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

export const BUILDERS: Readonly<Record<Engine, Builder>> = {
  sqlite: createBuilder('sqlite'),
  postgres: createBuilder('postgres'),
};

/** `?` as `$1`, `$2` … for PostgreSQL. */
export function numbered(engine: Engine, text: string): string {
  let count = 0;
  return engine === 'sqlite' ? text : text.replace(/\?/g, () => `$${(count += 1)}`);
}
