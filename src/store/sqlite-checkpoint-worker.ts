import { parentPort, workerData } from 'node:worker_threads';
import { openSqlite } from './sqlite-database.ts';

/** Copies what it can out of the write-ahead log whenever it is told to, and answers how many pages are left in it. */
const connection = openSqlite((workerData as { file: string }).file, 'write');

parentPort?.on('message', (message: 'checkpoint' | 'close') => {
  if (message === 'close') {
    connection.close();
    parentPort?.close();
    return;
  }
  const [, pages, copied] = connection.all('pragma wal_checkpoint(passive)', [])[0] as [number, number, number];
  parentPort?.postMessage(pages - copied);
});
