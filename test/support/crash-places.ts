import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock, systemRandom } from '../../src/serve/system.ts';
import { type ChanceryStore, openStore } from '../../src/store/open.ts';
import { postgresUrl } from './postgres.ts';
import type { ServerPlace } from './server-process.ts';

export type EngineName = ChanceryStore['engine'];

/** Cents of the first account. */
export const START_BALANCE = 2_000_000_000;
/** Seconds after which the work of a dead process is taken over: the server's own 30 would make the tests wait. */
const TAKE_OVER = 2;

/** Makes empty places and removes them in the end. */
export interface Places {
  /** An empty directory; with PostgreSQL also an empty database. */
  make(engine: EngineName, settings?: string): Promise<ServerPlace>;
  /** A further directory with the database, key file and configuration of `place`. */
  beside(place: ServerPlace): ServerPlace;
  directory(): string;
  remove(): Promise<void>;
}

const SETTINGS = `publicUrl = "http://desk.test"
[sandbox]
enabled = true
[accounts]
startBalance = ${START_BALANCE}
[workers]
takeOver = ${TAKE_OVER}
[log]
level = "warn"
`;

export function createPlaces(): Places {
  const cleanups: (() => Promise<void>)[] = [];

  function directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'chancery-crash-'));
    cleanups.push(async () => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  return {
    directory,
    async make(engine, settings = SETTINGS) {
      const home = directory();
      const configFile = join(home, 'chancery.toml');
      writeFileSync(configFile, `${settings}[ca]\nkeyFile = "secret.key"\n`);
      const place: ServerPlace = { directory: join(home, 'data'), configFile };
      if (engine === 'sqlite') return place;
      const { url, drop } = await createDatabase();
      cleanups.unshift(drop);
      return { ...place, databaseUrl: url };
    },
    beside: (place) => ({ ...place, directory: join(directory(), 'data') }),
    async remove() {
      for (const cleanup of cleanups) await cleanup();
    },
  };
}

/** The same settings, but no public address: each process stands for its own. */
export const OWN_ADDRESSES = SETTINGS.replace(/^publicUrl.*\n/, '');

/** Reads and writes the database of a place from the test's own process. */
export async function withStore<T>(place: ServerPlace, work: (store: ChanceryStore) => Promise<T>): Promise<T> {
  const { directory, databaseUrl } = place;
  const url = databaseUrl === undefined ? {} : { url: databaseUrl };
  const store = await openStore({ directory, clock: systemClock, random: systemRandom, ...url });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await postgresUrl();
  const name = `crash_${randomBytes(8).toString('hex')}`;
  await query(server, `create database ${name} template template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => query(server, `drop database ${name} with (force)`) };
}

/** Runs one statement on a PostgreSQL database. */
export async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

const POLL = 50;

/** Looks again and again until `look` answers with null, what is still missing otherwise. */
export async function until(seconds: number, look: () => Promise<string | null>): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const missing = await look();
    if (missing === null) return;
    if (Date.now() > end) throw new Error(`After ${seconds} s: ${missing}`);
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of this run: `CHANCERY_SEED`, or a new one. */
export function newSeed(): number {
  const given = process.env['CHANCERY_SEED'];
  return given === undefined ? randomBytes(4).readUInt32LE() : Number(given);
}
