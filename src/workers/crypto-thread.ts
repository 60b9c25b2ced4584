import { parentPort, workerData } from 'node:worker_threads';
import { createWork, crossing, type Result, type Task, type WorkOptions } from './work.ts';

/** Entry of a crypto worker thread: a message of tasks in, messages of results out, in the same order. */

/** Results that travel together: with these the main thread goes on while the rest of a long message is worked on. */
const ANSWER_EVERY = 16;

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread');

const work = createWork(workerData as WorkOptions);

port.on('message', (tasks: Task[]) => {
  for (let at = 0; at < tasks.length; at += ANSWER_EVERY) {
    port.postMessage(tasks.slice(at, at + ANSWER_EVERY).map(attempt));
  }
});

function attempt(task: Task): Result {
  try {
    return { ok: true, value: work(task) };
  } catch (error) {
    return { ok: false, error: crossing(error) };
  }
}
