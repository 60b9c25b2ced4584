import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DeskError } from '../core/errors.ts';

/** Makes the data directory, for its owner alone, where it is not there. */
export function makeDataDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/**
 * Holds a data directory for one serving process: the lock is the operating system's, so it ends with the process,
 * however that dies. Answers with what lets go of it.
 * @throws DeskError `conflict` where another process serves from it
 */
export function lockDataDirectory(directory: string): () => void {
  makeDataDirectory(directory);
  const lock = new DatabaseSync(join(directory, 'serving.lock'));
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (cause) {
    lock.close();
    throw new DeskError(
      'conflict',
      `Another process serves from ${directory}: stop it, or use PostgreSQL (DATABASE_URL) to serve with several`,
      { cause },
    );
  }
  return () => lock.close();
}
