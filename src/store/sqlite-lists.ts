import { existsSync, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { endWorker } from './end-worker.ts';
import type { Row, Value } from './rows.ts';
import { type Aside, createAside } from './sqlite-aside.ts';
import { openSqlite, type SqliteConnection } from './sqlite-database.ts';
import { type ListsCopy, openListsCopy } from './sqlite-lists-copy.ts';

/** Where lists are read from on SQLite. */
export interface SqliteLists {
  readonly file: string;
  /** Resolves when everything committed so far is in the lists. */
  ready(): Promise<void>;
  /** Reads what the lists hold, after `ready`. Tables that they do not hold are those of the records. */
  query(text: string, parameters: readonly Value[]): Row[];
  /** The same on a thread of its own, for what may look at very many records. */
  slow(text: string, parameters: readonly Value[]): Promise<readonly Row[]>;
  /** Takes everything into the search index now. */
  indexTexts(): Promise<void>;
  /** To be called after each commit. */
  afterCommit(): void;
  /** The last commit that is in the lists and will be asked for no more; 0 where none is. */
  taken(): number;
  /** What is wrong with the file. */
  integrity(): string[];
  close(): Promise<void>;
}

/** Commits from which on a thread keeps the lists up to date; before that, whoever reads them does. */
const THREAD_FROM = 64;
/** Milliseconds between two looks of the thread at what was written. */
const PAUSE = 200;
/** Steps of the search index in one commit, where all is taken in at once. */
const MANY_ROUNDS = 100;
/** Bytes of a database whose copy is made, and whose long reads are done, on a thread. */
const LARGE_FILE = 32 * 2 ** 20;

/** @param newest the last commit that is noted in the records, as committed. */
export function createSqliteLists(records: string, newest: () => number): SqliteLists {
  const file = records.replace(/\.sqlite$/, '-lists.sqlite');
  let copy: ListsCopy | null = null;
  let reading: SqliteConnection | null = null;
  let aside: Aside | null = null;
  let worker: Worker | null = null;
  let threadFails = false;
  let upTo = -1;
  let commits = 0;
  let timer: NodeJS.Timeout | null = null;
  let waiting: { commit: number; resolve(): void }[] = [];

  function start(): Worker {
    const started = new Worker(new URL('sqlite-lists-worker.ts', import.meta.url), { workerData: { records, file } });
    started.unref();
    started.on('message', (taken: number) => {
      upTo = taken;
      const done = waiting.filter(({ commit }) => commit <= taken);
      waiting = waiting.filter(({ commit }) => commit > taken);
      if (waiting.length === 0) started.unref();
      for (const { resolve } of done) resolve();
    });
    // Without the thread whoever reads brings the lists up to date.
    started.on('error', () => {
      worker = null;
      threadFails = true;
      for (const { resolve } of waiting) resolve();
      waiting = [];
    });
    copy?.close();
    copy = null;
    return started;
  }

  function catchUp(): void {
    copy ??= openListsCopy(records, file);
    let more = true;
    while (more) ({ upTo, more } = copy.catchUp());
  }

  async function ready(): Promise<void> {
    const wanted = newest();
    if (upTo >= wanted) return;
    if (upTo < 0 && !threadFails && isLarge(records)) worker ??= start();
    if (worker !== null) {
      const asked = worker;
      await new Promise<void>((resolve) => {
        waiting.push({ commit: wanted, resolve });
        asked.ref();
        asked.postMessage('catch-up');
      });
    }
    if (upTo < wanted) catchUp();
  }

  const readFrom = (): SqliteConnection => (reading ??= openSqlite(file, 'read', records));

  return {
    file,
    ready,
    query: (text, parameters) => readFrom().all(text, parameters),
    async slow(text, parameters) {
      if (!isLarge(file)) return readFrom().all(text, parameters);
      aside ??= createAside(file, records);
      return aside.query(text, parameters);
    },
    async indexTexts() {
      await ready();
      const own = openListsCopy(records, file);
      while (await own.indexTexts(MANY_ROUNDS));
      own.close();
    },
    afterCommit() {
      commits += 1;
      if (timer !== null || threadFails || (worker === null && commits < THREAD_FROM)) return;
      timer = setTimeout(() => {
        timer = null;
        worker ??= start();
        worker.postMessage('catch-up');
      }, PAUSE);
      timer.unref();
    },
    taken: () => Math.max(upTo, 0),
    integrity() {
      if (!existsSync(file)) return [];
      const rows = readFrom().all('pragma main.integrity_check(20)', []);
      const faults = rows.map(([text]) => String(text)).filter((text) => text !== 'ok');
      return faults.map((text) => `${file}: ${text}; stop the server and remove this file, it is made again`);
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      // Who writes goes last: with the last connection the log is emptied.
      await aside?.close();
      reading?.close();
      const ending = worker;
      worker = null;
      await endWorker(ending);
      copy?.close();
    },
  };
}

function isLarge(file: string): boolean {
  return existsSync(file) && statSync(file).size > LARGE_FILE;
}
