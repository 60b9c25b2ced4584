import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface PostgresServer {
  /** URL of its maintenance database, with the password. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL of our own on a free port with an empty data directory. It ends with this process, however
 * this process ends. `settings` are `name=value`.
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const script = fileURLToPath(new URL('postgres-server.ts', import.meta.url));
  // Detached: an interrupt of the terminal reaches the tests alone; the server ends when its input closes.
  const child = spawn(process.execPath, [script, ...settings], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`PostgreSQL did not start (${code})`)));
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  (child.stdout as unknown as { unref(): void }).unref();
  return {
    url,
    stop: async () => {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}

/** The variable in which one server is shared by all files of a test run. */
export const POSTGRES_VARIABLE = 'CHANCERY_TEST_DATABASE_URL';

let own: Promise<PostgresServer> | undefined;

/** URL of the server of this test run; started here where the run has none. */
export async function postgresUrl(): Promise<string> {
  const shared = process.env[POSTGRES_VARIABLE];
  if (shared !== undefined && shared !== '') return shared;
  own ??= startPostgres();
  return (await own).url;
}
