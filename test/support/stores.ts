import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import pg from 'pg';
import type { Clock } from '../../src/core/time.ts';
import { openStore, type ChanceryStore } from '../../src/store/open.ts';
import { postgresUrl } from './postgres.ts';

export interface OpenTestStore {
  /** A store over a new, empty database. Closed and dropped when the suite ends. */
  (options?: { clock?: Clock }): Promise<ChanceryStore>;
  /** One more store over the database of `store`, as a second process has it. */
  again(store: ChanceryStore, options?: { clock?: Clock }): Promise<ChanceryStore>;
  /** Where the database of `store` is: what `openStore` needs, for a child process. */
  place(store: ChanceryStore): StorePlace;
}

export interface StorePlace {
  directory: string;
  url?: string;
}

/** A clock that stands still until it is set. */
export function fixedClock(at = Date.parse('2026-11-22T12:00:00Z')): Clock & { set(at: number): void } {
  let now = at;
  return { now: () => now, set: (next) => (now = next) };
}

/**
 * Runs the suite on SQLite and on PostgreSQL. PostgreSQL is the one of the run (`--test-global-setup`), or is
 * started for this file.
 */
export function forEachStore(suite: (open: OpenTestStore, engine: ChanceryStore['engine']) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(engine, () => {
      const world = createWorld(engine);
      after(() => world.end());
      suite(world.open, engine);
    });
  }
}

/** Databases of one suite. `end` closes the stores and removes the databases. */
export function createWorld(engine: ChanceryStore['engine']): { open: OpenTestStore; end(): Promise<void> } {
  const stores = new Map<ChanceryStore, StorePlace>();
  const cleanups: (() => Promise<void>)[] = [];

  async function openAt(place: StorePlace, clock: Clock = fixedClock()): Promise<ChanceryStore> {
    const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
    const store = await openStore({ ...place, clock, random });
    stores.set(store, place);
    return store;
  }

  async function newPlace(): Promise<StorePlace> {
    const directory = mkdtempSync(join(tmpdir(), 'chancery-store-'));
    cleanups.push(async () => rmSync(directory, { recursive: true, force: true }));
    if (engine === 'sqlite') return { directory };
    const name = `test_${randomBytes(8).toString('hex')}`;
    const server = await postgresUrl();
    await runOn(server, `create database ${name} template template0`);
    cleanups.push(() => runOn(server, `drop database ${name} with (force)`));
    const url = new URL(server);
    url.pathname = `/${name}`;
    return { directory, url: url.href };
  }

  const place = (store: ChanceryStore): StorePlace => stores.get(store) as StorePlace;
  const open = async (options: { clock?: Clock } = {}) => openAt(await newPlace(), options.clock);
  return {
    open: Object.assign(open, {
      place,
      again: (store: ChanceryStore, options: { clock?: Clock } = {}) => openAt(place(store), options.clock),
    }),
    async end() {
      for (const store of stores.keys()) await store.close();
      for (const cleanup of cleanups) await cleanup();
    },
  };
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
