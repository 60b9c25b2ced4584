import { Worker } from 'node:worker_threads';
import { endWorker } from './end-worker.ts';
import type { Row, Value } from './rows.ts';

export interface Aside {
  /** Runs a statement on a thread of its own, on what is committed. */
  query(text: string, parameters: readonly Value[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

interface Answer {
  id: number;
  rows?: Row[];
  error?: unknown;
}

/** A thread for statements that may look at very many records, so that nobody else waits. Started when needed. */
export function createAside(file: string, records?: string): Aside {
  let worker: Worker | null = null;
  let asked = 0;
  const waiting = new Map<number, { resolve(rows: Row[]): void; reject(error: unknown): void }>();

  function start(): Worker {
    const started = new Worker(new URL('sqlite-read-worker.ts', import.meta.url), { workerData: { file, records } });
    started.unref();
    started.on('message', ({ id, rows, error }: Answer) => {
      const one = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0) started.unref();
      if (rows === undefined) one?.reject(error);
      else one?.resolve(rows);
    });
    started.on('error', (error) => {
      worker = null;
      for (const one of waiting.values()) one.reject(error);
      waiting.clear();
    });
    return started;
  }

  return {
    query: (text, parameters) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        worker.ref();
        asked += 1;
        waiting.set(asked, { resolve, reject });
        worker.postMessage({ id: asked, text, parameters });
      }),
    async close() {
      const ending = worker;
      worker = null;
      await endWorker(ending);
    },
  };
}
