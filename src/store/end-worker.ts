import type { Worker } from 'node:worker_threads';

/** Lets a thread of the store close what it holds, and resolves when it has ended; at once where there is none. */
export async function endWorker(worker: Worker | null): Promise<void> {
  if (worker === null) return;
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.ref();
  worker.postMessage('close');
  await ended;
}
