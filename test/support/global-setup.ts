import { POSTGRES_VARIABLE, startPostgres, type PostgresServer } from './postgres.ts';

/** For `node --test --test-global-setup`: one PostgreSQL for all test files of the run. */
let server: PostgresServer | undefined;

export async function globalSetup(): Promise<void> {
  if (process.env[POSTGRES_VARIABLE]) return;
  server = await startPostgres();
  process.env[POSTGRES_VARIABLE] = server.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
}
