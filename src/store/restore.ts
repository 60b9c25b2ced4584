import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { DeskError } from '../core/errors.ts';
import { readHead, verifyAuditChain } from './audit-chain.ts';
import { FORMAT, type BackupProgress, type BackupSummary } from './backup.ts';
import { type BackupTable, backupTables } from './backup-tables.ts';
import { newestMigration } from './migrate.ts';
import { type IsolatedQuery, openStore, type StoreOptions } from './open.ts';
import { createReader } from './reader.ts';
import { loadStatement } from './statements.ts';
import type { Engine } from './sql.ts';

const BATCH = 500;

/**
 * Fills an empty database of either engine from a backup, checks that all rows and the whole audit chain are there,
 * and only then commits.
 * @throws DeskError `conflict` where the database is not empty; `invalid-value` for a file that is no complete backup
 * of this version. The database is as before then.
 */
export async function restore(
  file: string,
  options: StoreOptions,
  onProgress: (progress: BackupProgress) => void = () => undefined,
): Promise<BackupSummary> {
  const store = await openStore(options);
  try {
    return await store.isolated('write', async (query) => {
      await prepare(store.engine, query);
      const summary = await load(store.engine, query, file, onProgress);
      await verify(store.engine, query, summary);
      return summary;
    });
  } finally {
    await store.close();
  }
}

/** A database that was only opened holds nothing but its first ids; they give way to those of the backup. */
async function prepare(engine: Engine, query: IsolatedQuery): Promise<void> {
  for (const { name } of backupTables()) {
    if (name === 'id_blocks' || name === 'chain_head') continue;
    const rows = await query(`select id from ${name} limit 1`);
    if (rows.length > 0)
      throw new DeskError('conflict', `The database is not empty: ${name} holds records. Restore into a new one.`);
  }
  await query('delete from id_blocks');
  await query('delete from chain_head');
  // The lists that were made of the empty database are of another one now.
  if (engine === 'sqlite') await query('update list_source set token = hex(randomblob(16))');
}

async function load(
  engine: Engine,
  query: IsolatedQuery,
  file: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<BackupSummary> {
  const tables = new Map(backupTables().map((table) => [table.name, table]));
  let table: BackupTable | undefined;
  let rows: unknown[][] = [];
  let done = 0;
  const flush = async (): Promise<void> => {
    if (table === undefined || rows.length === 0) return;
    for (const [text, parameters] of loadStatement(engine, table.name, table.columns, rows))
      await query(text, parameters);
    done += rows.length;
    onProgress({ table: table.name, done, total: done });
    rows = [];
  };
  for await (const line of readLines(file)) {
    if (Array.isArray(line)) {
      if (table === undefined) throw notABackup('rows stand before their table');
      rows.push(fromText(table, line));
      if (rows.length === BATCH) await flush();
      continue;
    }
    await flush();
    const { format, migration, table: name, columns, end } = line as Record<string, unknown>;
    if (format !== undefined) checkHead(format, migration);
    else if (end !== undefined) return end as BackupSummary;
    else table = expectTable(tables, name, columns);
  }
  throw notABackup('it ends too early');
}

async function* readLines(file: string): AsyncGenerator<unknown> {
  const source = createReadStream(file);
  const text = source.pipe(createGunzip());
  source.on('error', (error) => text.destroy(error));
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY }))
      yield parseLine(line);
  } catch (error) {
    if (error instanceof DeskError) throw error;
    if ((error as { code?: string }).code === 'ENOENT') throw new DeskError('not-found', `${file} does not exist`);
    throw notABackup('it cannot be read to its end', error);
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw notABackup('a line is not JSON', cause);
  }
}

function checkHead(format: unknown, migration: unknown): void {
  if (format !== FORMAT) throw notABackup('its first line is another');
  if (migration === newestMigration()) return;
  const message = `The backup is of schema ${String(migration)}, this program has ${newestMigration()}: restore with the version that made it, then upgrade`;
  throw new DeskError('invalid-value', message);
}

function expectTable(tables: ReadonlyMap<string, BackupTable>, name: unknown, columns: unknown): BackupTable {
  const table = tables.get(String(name));
  if (table === undefined) throw notABackup(`it has an unknown table ${String(name)}`);
  if (JSON.stringify(columns) !== JSON.stringify(table.columns.map((column) => column.name))) {
    throw notABackup(`the columns of ${table.name} are others`);
  }
  return table;
}

function fromText(table: BackupTable, row: readonly unknown[]): unknown[] {
  return table.columns.map(({ type }, i) => {
    const value = row[i];
    return type === 'blob' && typeof value === 'string' ? Buffer.from(value, 'base64') : (value ?? null);
  });
}

async function verify(engine: Engine, query: IsolatedQuery, summary: BackupSummary): Promise<void> {
  for (const { name } of backupTables()) {
    const count = Number((await query(`select count(*) from ${name}`))[0]?.[0]);
    if (count !== summary.rows[name]) throw notABackup(`${name} has ${count} rows instead of ${summary.rows[name]}`);
  }
  const { walk } = createReader(engine, query);
  const head = readHead((await query('select events, hash from chain_head where id = 1'))[0]);
  const chain = await verifyAuditChain({ walk, chainHead: async () => head });
  const hash = Buffer.from(head.hash).toString('hex');
  const same = head.events === 0 ? summary.chain.events === 0 : hash === summary.chain.hash;
  if (chain.brokenAt !== null || chain.events !== summary.chain.events || !same) {
    throw notABackup(`its audit chain is broken at event ${chain.brokenAt ?? chain.events}`);
  }
}

function notABackup(why: string, cause?: unknown): DeskError {
  return new DeskError('invalid-value', `The file is not a complete backup: ${why}`, { cause });
}
