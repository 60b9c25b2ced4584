import { DeskError } from './errors.ts';

const TRIES = 8;

/**
 * Runs work that reads and writes again where somebody else was faster: `conflict`, or `already-exists` where both
 * inserted the same. Only for work that then finds what the other wrote.
 * @throws what the work throws, and its last conflict after 8 tries
 */
export async function againOnConflict<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !isConflict(error)) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof DeskError && (error.kind === 'conflict' || error.kind === 'already-exists');
}
