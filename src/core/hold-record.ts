import type { Kind, Records } from './records.ts';
import type { Unit } from './store.ts';

/**
 * Holds a record until the unit ends: whoever comes second waits here, and sees then what the first has written.
 * `same` is something of the record as it was read.
 * @throws DeskError `conflict` where that has changed meanwhile
 */
export async function holdRecord<K extends Kind>(
  unit: Unit,
  kind: K,
  id: number,
  same: Partial<Records[K]>,
): Promise<void> {
  await unit.update(kind, id, same, same);
  // Where writes are gathered, a read sends them.
  await unit.get(kind, id);
}
