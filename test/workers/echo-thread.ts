import { parentPort, threadId } from 'node:worker_threads';

/** Stands in for the crypto thread: tells how the tasks came, and dies of one of kind `crash`. */
export interface EchoAnswer {
  /** Number of tasks in the message, and the place of this one. */
  batch: number;
  place: number;
  thread: number;
  /** Names of the keys that this thread was given. */
  signers: string[];
}

const signers: string[] = [];

parentPort?.on('message', (tasks: { kind: string; name?: string }[]) => {
  const results = tasks.map((task, place) => {
    if (task.kind === 'crash') throw new Error('crashed as asked');
    if (task.kind === 'add-signer') signers.push(String(task.name));
    const value: EchoAnswer = { batch: tasks.length, place, thread: threadId, signers: [...signers] };
    return { ok: true, value };
  });
  parentPort?.postMessage(results);
});
