import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { DeskError } from '../core/errors.ts';
import { lockDataDirectory } from '../serve/data-lock.ts';
import { systemClock, systemRandom } from '../serve/system.ts';
import { backup, type BackupProgress } from '../store/backup.ts';
import { newestMigration } from '../store/migrate.ts';
import { openStore, type StoreOptions } from '../store/open.ts';
import { restore } from '../store/restore.ts';
import { command, type CommonOptions, configOf, requireDatabase, withJson } from './common.ts';
import { say, sayJson } from './output.ts';
import { type Progress, startCounter, startProgress } from './progress.ts';

/** The three commands on the database as a whole. None of them opens the box of secrets. */
export function databaseCommands(): Command[] {
  return [migrateCommand(), backupCommand(), restoreCommand()];
}

function migrateCommand(): Command {
  return withJson(
    command('migrate', 'bring the schema of the database up to date; serving does so by itself', [
      'DATABASE_URL=postgres://… chancery migrate',
    ]),
  ).action(async (options: CommonOptions) => {
    const config = configOf(options);
    requireDatabase(config);
    const store = await openStore(placeOf(config));
    const told = { database: store.engine, migration: newestMigration() };
    await store.close();
    if (options.json) sayJson(told);
    else say(`the ${told.database} database is at migration ${told.migration}`);
  });
}

function backupCommand(): Command {
  return withJson(
    command('backup', 'everything in the database in one file, as of one moment, also while serving', [
      'chancery backup --out chancery-$(date +%F).backup',
    ]),
  )
    .requiredOption('--out <file>', 'a new file, mode 0600')
    .action(async (options: CommonOptions & { out: string }) => {
      const { out, json = false } = options;
      if (existsSync(out)) throw new DeskError('already-exists', `${out} exists already`, { field: 'out' });
      const config = configOf(options);
      requireDatabase(config);
      const store = await openStore(placeOf(config));
      try {
        const shown = shower('backup', json);
        const summary = await backup(store, out, shown.show);
        shown.end();
        if (json) return sayJson({ file: out, ...summary });
        say(`wrote ${out}: ${rowCount(summary.rows)} rows, ${summary.chain.events} audit events`);
        say(`Its secrets are encrypted: keep ${keyPlace(config)} as well, in another place.`);
      } finally {
        await store.close();
      }
    });
}

function restoreCommand(): Command {
  return withJson(
    command('restore <file>', 'fill an empty database, of either kind, from a backup', [
      'chancery restore chancery-2026-11-22.backup --data /var/lib/chancery',
    ]),
  ).action(async (file: string, options: CommonOptions) => {
    const config = configOf(options);
    const json = options.json ?? false;
    const unlock = config.secrets.databaseUrl === null ? lockDataDirectory(config.data) : () => undefined;
    try {
      const shown = shower('restore', json);
      const summary = await restore(file, placeOf(config), shown.show);
      shown.end();
      if (json) return sayJson({ file, ...summary });
      say(`restored ${rowCount(summary.rows)} rows and ${summary.chain.events} audit events; the audit chain is whole`);
      if (config.secrets.passphrase === null && !existsSync(config.keyFile)) {
        say(`Before serving, put the key file of the installation that was backed up at ${config.keyFile}.`);
      }
    } finally {
      unlock();
    }
  });
}

function placeOf({ data, secrets }: Config): StoreOptions {
  const place = { directory: data, clock: systemClock, random: systemRandom };
  return secrets.databaseUrl === null ? place : { ...place, url: secrets.databaseUrl };
}

function keyPlace({ secrets, keyFile }: Config): string {
  return secrets.passphrase === null ? keyFile : 'the passphrase';
}

function rowCount(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}

/** Shows the rows done; how many there are is known with the first call of a backup, and never while restoring. */
function shower(
  title: 'backup' | 'restore',
  quiet: boolean,
): { show: (progress: BackupProgress) => void; end: () => void } {
  let progress: Progress | null = null;
  let shown = 0;
  return {
    show: ({ done, total }) => {
      progress ??= title === 'backup' ? startProgress(title, total, quiet) : startCounter(title, quiet);
      progress.advance(done - shown);
      shown = done;
    },
    end: () => progress?.end(`${shown} rows`),
  };
}
