import { parentPort, workerData } from 'node:worker_threads';
import { openListsCopy } from './sqlite-lists-copy.ts';

/**
 * Keeps the database of lists up to date whenever it is told to. Texts are taken into the search index where it was
 * told nothing for a while; else some with one turn in so many.
 */
const { records, file } = workerData as { records: string; file: string };
const copy = openListsCopy(records, file);

/** Milliseconds. */
const QUIET = 200;
const TURN = 10;
let turns = 0;
let indexing: NodeJS.Timeout | null = null;

parentPort?.on('message', (message: 'catch-up' | 'close') => {
  if (indexing !== null) clearTimeout(indexing);
  indexing = null;
  if (message === 'close') {
    copy.close();
    parentPort?.close();
    return;
  }
  let more = true;
  while (more) {
    const taken = copy.catchUp();
    parentPort?.postMessage(taken.upTo);
    more = taken.more;
  }
  turns += 1;
  if (turns % TURN === 0) void copy.indexTexts();
  indexing = setTimeout(() => void indexMore(), QUIET);
});

/** Its statements are answered at once, so no message comes between them. */
async function indexMore(): Promise<void> {
  indexing = null;
  if (await copy.indexTexts()) indexing = setTimeout(() => void indexMore(), 0);
}
