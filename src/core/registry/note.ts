import { nameOf } from '../bare-request.ts';
import type { Actor } from '../desk.ts';
import type { Unit } from '../store.ts';
import type { Instant } from '../time.ts';

/** What somebody did to a record of the registry, for the audit trail. `target`: `domain:17`. */
export function note(
  unit: Unit,
  actor: Actor,
  action: string,
  target: string,
  details: Record<string, unknown>,
  at: Instant,
): void {
  unit.audit({ at, actor: nameOf(actor), accountId: actor.accountId, action, target, details });
}
