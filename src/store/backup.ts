import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { newestMigration } from './migrate.ts';
import type { ChanceryStore, IsolatedQuery } from './open.ts';
import { type BackupTable, backupTables } from './backup-tables.ts';
import type { Row } from './rows.ts';
import { numbered } from './sql.ts';

export const FORMAT = 'chancery-backup';

export interface BackupProgress {
  table: string;
  /** Rows done so far, of all tables, and how many there are. */
  done: number;
  total: number;
}

export interface BackupSummary {
  /** Rows by table. */
  rows: Record<string, number>;
  /** Audit events, and the hash of the last one in hex. */
  chain: { events: number; hash: string };
}

const PAGE = 500;

/**
 * Writes everything in the database to a file, as of one moment, while others go on writing. The file is gzip over
 * lines of JSON and fits both databases; secrets in it are as encrypted as in the database. It appears under its name
 * when it is complete and on the disk.
 * @throws the error of the file system or the database; nothing is left behind then.
 */
export async function backup(
  store: ChanceryStore,
  file: string,
  onProgress: (progress: BackupProgress) => void = () => undefined,
): Promise<BackupSummary> {
  const part = `${file}.part`;
  try {
    const summary: BackupSummary = { rows: {}, chain: { events: 0, hash: '' } };
    await store.isolated('read', async (query) => {
      const lines = Readable.from(backupLines(store.engine, query, summary, onProgress));
      await pipeline(lines, createGzip(), createWriteStream(part, { mode: 0o600 }));
    });
    const written = await open(part, 'r+');
    await written.sync();
    await written.close();
    await rename(part, file);
    return summary;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** The file's text: a head, each table's rows after a line that names its columns, and at the end what must be there. */
async function* backupLines(
  engine: ChanceryStore['engine'],
  query: IsolatedQuery,
  summary: BackupSummary,
  onProgress: (progress: BackupProgress) => void,
): AsyncGenerator<string> {
  yield `${JSON.stringify({ format: FORMAT, migration: newestMigration() })}\n`;
  const tables = backupTables();
  let total = 0;
  for (const { name } of tables) {
    const count = Number((await query(`select count(*) from ${name}`))[0]?.[0]);
    summary.rows[name] = count;
    total += count;
  }
  let done = 0;
  for (const table of tables) {
    yield `${JSON.stringify({ table: table.name, columns: table.columns.map(({ name }) => name) })}\n`;
    for await (const rows of pagesOf(engine, query, table)) {
      yield rows.map((row) => `${JSON.stringify(row.map(toText))}\n`).join('');
      done += rows.length;
      onProgress({ table: table.name, done, total });
    }
  }
  const [head] = await query('select events, hash from chain_head where id = 1');
  if (head !== undefined)
    summary.chain = { events: Number(head[0]), hash: Buffer.from(head[1] as Uint8Array).toString('hex') };
  yield `${JSON.stringify({ end: summary })}\n`;
}

async function* pagesOf(
  engine: ChanceryStore['engine'],
  query: IsolatedQuery,
  { name, columns, key }: BackupTable,
): AsyncGenerator<readonly Row[]> {
  const wanted = columns.map((column) => column.name).join(', ');
  const position = columns.findIndex((column) => column.name === key);
  const first = `select ${wanted} from ${name} order by ${key} limit ${PAGE}`;
  const next = numbered(engine, `select ${wanted} from ${name} where ${key} > ? order by ${key} limit ${PAGE}`);
  let rows = await query(first);
  while (rows.length > 0) {
    yield rows;
    const last = rows.at(-1)?.[position] as number | string;
    rows = rows.length < PAGE ? [] : await query(next, [last]);
  }
}

function toText(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
