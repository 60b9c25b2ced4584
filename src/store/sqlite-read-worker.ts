import { parentPort, workerData } from 'node:worker_threads';
import type { Value } from './rows.ts';
import { openSqlite } from './sqlite-database.ts';

export interface ReadAsk {
  id: number;
  text: string;
  parameters: readonly Value[];
}

/** Runs one reading statement after the other, and answers each with its rows. */
const { file, records } = workerData as { file: string; records?: string };
const connection = openSqlite(file, 'read', records);

parentPort?.on('message', (message: ReadAsk | 'close') => {
  if (message === 'close') {
    connection.close();
    parentPort?.close();
    return;
  }
  const { id, text, parameters } = message;
  try {
    parentPort?.postMessage({ id, rows: connection.all(text, parameters) });
  } catch (error) {
    parentPort?.postMessage({ id, error });
  }
});
