import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST_ACCOUNT } from '../src/serve/first-start.ts';
import { systemClock, systemRandom } from '../src/serve/system.ts';
import { type ChanceryStore, openStore } from '../src/store/open.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { type Served, serve } from './served.ts';

/**
 * Has `fill` write into the first account of a server that is stopped, and gives that server, started again, to
 * `work` with what `fill` told. Answers with what `work` told; nothing is left behind.
 */
export async function serveFilled<F, R>(
  engine: 'SQLite' | 'PostgreSQL',
  fill: (store: ChanceryStore, accountId: number) => Promise<F>,
  work: (served: Served, filled: F) => Promise<R>,
): Promise<R> {
  const postgres =
    engine === 'SQLite' ? null : await startPostgres(['fsync=on', 'max_wal_size=4GB', 'shared_buffers=512MB']);
  const scratch = mkdtempSync(join(tmpdir(), 'chancery-bench-filled-'));
  const data = join(scratch, 'data');
  const at = { data, ...(postgres === null ? {} : { databaseUrl: postgres.url }) };
  try {
    await (await serve(at)).stop();
    const filled = await fillStopped(data, postgres?.url, fill);
    const served = await serve(at);
    try {
      return await work(served, filled);
    } finally {
      await served.stop();
    }
  } finally {
    await postgres?.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function fillStopped<F>(
  directory: string,
  url: string | undefined,
  fill: (store: ChanceryStore, accountId: number) => Promise<F>,
): Promise<F> {
  const place = { directory, ...(url === undefined ? {} : { url }) };
  const store = await openStore({ ...place, clock: systemClock, random: systemRandom });
  try {
    const [account] = await store.find('accounts', { handle: FIRST_ACCOUNT });
    if (account === undefined) throw new Error('The server has made no account');
    const filled = await fill(store, account.id);
    await store.indexTexts();
    if (url !== undefined) await store.isolated('write', async (query) => query('analyze'));
    return filled;
  } finally {
    await store.close();
  }
}
