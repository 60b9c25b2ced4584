import { Worker } from 'node:worker_threads';
import { endWorker } from './end-worker.ts';
import type { SqliteConnection } from './sqlite-database.ts';

/** Pages of 4 kB in the log at which it is emptied: larger is less work, as pages that change often are copied once. */
const LARGEST_LOG = 16_384;
/** So few pages are copied between two groups, without a wait that anyone notices. */
const SMALL_REST = 256;
const MOST_ROUNDS = 6;
/** Commits between two looks at the log. */
const LOOK_EVERY = 8;

export interface Checkpointer {
  /** To be called after each commit, outside a transaction. */
  afterCommit(): void;
  close(): Promise<void>;
}

/**
 * Empties the write-ahead log off the path of the requests: a thread copies its pages into the database while others
 * write, as often as it takes until few are left; these the writer copies itself, so that the log starts again from
 * its beginning.
 */
export function createCheckpointer(file: string, writer: SqliteConnection): Checkpointer {
  writer.database.exec('pragma wal_autocheckpoint = 0');
  let worker: Worker | null = null;
  let state: 'idle' | 'copying' | 'rest' = 'idle';
  let rounds = 0;
  let commits = 0;

  function start(): Worker {
    const started = new Worker(new URL('sqlite-checkpoint-worker.ts', import.meta.url), { workerData: { file } });
    started.unref();
    started.on('message', (left: number) => {
      rounds += 1;
      if (left > SMALL_REST && rounds < MOST_ROUNDS) started.postMessage('checkpoint');
      else state = 'rest';
    });
    // Without the thread the writer empties the log by itself.
    started.on('error', () => {
      worker = null;
      state = 'idle';
      writer.database.exec('pragma wal_autocheckpoint = 1000');
    });
    return started;
  }

  return {
    afterCommit() {
      if (state === 'rest') {
        writer.all('pragma wal_checkpoint(passive)', []);
        state = 'idle';
        return;
      }
      commits += 1;
      if (state !== 'idle' || commits % LOOK_EVERY !== 0) return;
      const [, pages, copied] = writer.all('pragma wal_checkpoint(noop)', [])[0] as [number, number, number];
      if (pages - copied < LARGEST_LOG) return;
      worker ??= start();
      state = 'copying';
      rounds = 0;
      worker.postMessage('checkpoint');
    },
    async close() {
      const ending = worker;
      worker = null;
      await endWorker(ending);
    },
  };
}
