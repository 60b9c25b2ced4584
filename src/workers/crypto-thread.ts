import { parentPort, workerData } from 'node:worker_threads';
import { createWork, crossing, type Result, type Task, type WorkOptions } from './work.ts';

/** Entry of a crypto worker thread: one message of tasks in, one message of results out, in the same order. */

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread');

const work = createWork(workerData as WorkOptions);

port.on('message', (tasks: Task[]) => {
  port.postMessage(tasks.map(attempt));
});

function attempt(task: Task): Result {
  try {
    return { ok: true, value: work(task) };
  } catch (error) {
    return { ok: false, error: crossing(error) };
  }
}
