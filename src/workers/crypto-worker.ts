import { Worker } from 'node:worker_threads';
import { DeskError } from '../core/errors.ts';
import { crossed, crossing, type Result, type Task, type WorkOptions } from './work.ts';

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: DeskError) => void;
}

/** One thread with its queue. */
export interface CryptoWorker {
  /** What the thread answers. @throws DeskError of the task, or `issuer-unavailable` where the thread died over it */
  run(task: Task): Promise<unknown>;
  close(): Promise<void>;
  /** Number of tasks without an answer. */
  load(): number;
}

/** Work that may be done on the calling thread. */
export interface InPlace {
  /** Whether the task is short enough. */
  fits(task: Task): boolean;
  work(task: Task): unknown;
}

/** Milliseconds after which tasks that came together, or during another, are forgotten. */
const CROWDED_FOR = 100;

/** Deaths in a row without a single answer after which no new thread is started. */
const MOST_DEATHS = 5;

/**
 * Starts a thread. Tasks of one turn of the event loop travel together, and so do some answers at a time. A thread that
 * dies rejects what it held and is replaced; `firstTasks` are done anew by each replacement. Where nothing is done at
 * the same time, a task is done `inPlace`, on this thread.
 */
export function startCryptoWorker(
  options: WorkOptions,
  firstTasks: () => readonly Task[],
  entry: URL = new URL('./crypto-thread.ts', import.meta.url),
  inPlace?: InPlace,
): CryptoWorker {
  let outbox: { task: Task; pending: Pending }[] = [];
  let sent: Pending[] = [];
  let scheduled = false;
  let closed = false;
  let deaths = 0;
  let lastCause: unknown;
  let crowdedAt = Number.NEGATIVE_INFINITY;
  let thread = start();

  function start(): Worker {
    const worker = new Worker(entry, { workerData: options });
    let cause: unknown;
    worker.on('message', (results: Result[]) => {
      deaths = 0;
      const answered = sent.splice(0, results.length);
      results.forEach((result, at) => settle(answered[at] as Pending, result));
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (worker === thread) died(cause);
    });
    const tasks = [...firstTasks()];
    if (tasks.length > 0) {
      sent.push(...tasks.map(() => ({ resolve: () => {}, reject: () => {} })));
      worker.postMessage(tasks);
    }
    return worker;
  }

  function died(cause: unknown): void {
    lastCause = cause;
    const lost = sent;
    sent = [];
    for (const pending of lost) pending.reject(stopped(cause));
    if (closed) return;
    deaths += 1;
    if (deaths < MOST_DEATHS) thread = start();
    else closed = true;
    if (closed) rejectOutbox(cause);
  }

  function rejectOutbox(cause: unknown): void {
    for (const { pending } of outbox) pending.reject(stopped(cause));
    outbox = [];
  }

  function flush(): void {
    scheduled = false;
    if (outbox.length === 0) return;
    const batch = outbox;
    outbox = [];
    const [first] = batch;
    if (first !== undefined && isAlone(batch.length) && inPlace?.fits(first.task)) return workHere(first, inPlace);
    sent.push(...batch.map(({ pending }) => pending));
    thread.postMessage(batch.map(({ task }) => task));
  }

  /** A task that has had no other beside it for a while: the way to the thread and back takes longer than most. */
  function isAlone(tasks: number): boolean {
    if (tasks > 1 || sent.length > 0) crowdedAt = performance.now();
    return performance.now() - crowdedAt > CROWDED_FOR;
  }

  function workHere({ task, pending }: (typeof outbox)[number], { work }: InPlace): void {
    try {
      pending.resolve(work(task));
    } catch (error) {
      pending.reject(crossed(crossing(error)));
    }
  }

  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(stopped(lastCause));
          return;
        }
        outbox.push({ task, pending: { resolve, reject } });
        // After the input of this turn was read, before the next wait: every connection's task is in by then.
        if (!scheduled) setImmediate(flush);
        scheduled = true;
      }),
    close: async () => {
      closed = true;
      rejectOutbox(undefined);
      await thread.terminate();
    },
    load: () => outbox.length + sent.length,
  };
}

function settle(pending: Pending, result: Result): void {
  if (result.ok) pending.resolve(result.value);
  else pending.reject(crossed(result.error));
}

function stopped(cause: unknown): DeskError {
  const details = cause === undefined ? {} : { cause };
  return new DeskError(
    'issuer-unavailable',
    'The crypto worker stopped; the same call may succeed when tried again',
    details,
  );
}
