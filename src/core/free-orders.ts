import type { Actor } from './desk.ts';
import { DeskError } from './errors.ts';
import type { Engine } from './parts.ts';
import { holdRecord } from './hold-record.ts';
import type { Placement } from './place-request.ts';
import type { Unit } from './store.ts';
import { DAY, SECOND } from './time.ts';

/** Whose counted uses these are, beside those of issuers. */
const COUNTED_BY = 'desk';

/**
 * Counts a new order that costs nothing, for what is served here, so that no account uses up alone what CAs outside
 * allow to the whole desk. Renewals and reissues are not counted. An account's orders wait here for one another.
 * @throws DeskError `too-many-requests` where the account has placed as many within 24 hours as it may
 */
export async function countFreeOrder(
  { clock, freeOrdersPerDay = 0 }: Pick<Engine, 'clock' | 'freeOrdersPerDay'>,
  unit: Unit,
  { accountId }: Pick<Actor, 'accountId'>,
  { kind, quote, ask }: Pick<Placement, 'kind' | 'quote' | 'ask'>,
): Promise<void> {
  const isFree = kind === 'new' && quote.total === 0 && (ask.installOn ?? null) !== null;
  if (freeOrdersPerDay === 0 || !isFree) return;
  await lockAccount(unit, accountId);
  const at = clock.now();
  const place = { issuer: COUNTED_BY, bucket: `freeOrders ${accountId}` };
  const byNumber = { field: 'number', descending: true } as const;
  const [newest] = await unit.find('issuerUses', place, { order: byNumber, limit: 1 });
  const number = (newest?.number ?? 0) + 1;
  // Numbers have no gap: what has expired is removed from the oldest on.
  const [first] = await unit.find('issuerUses', { ...place, number: number - freeOrdersPerDay });
  if (first !== undefined && first.expiresAt > at) throw tooMany(freeOrdersPerDay, first.expiresAt - at);
  unit.insert('issuerUses', { id: unit.newId('issuerUses'), ...place, number, at, expiresAt: at + DAY });
}

/** Whoever comes second waits here until the unit ends, and sees then what the first has written. */
async function lockAccount(unit: Unit, accountId: number): Promise<void> {
  const account = await unit.get('accounts', accountId);
  if (account !== null) await holdRecord(unit, 'accounts', accountId, { name: account.name });
}

function tooMany(most: number, wait: number): DeskError {
  const message =
    `The account has ordered ${most} free certificates within 24 hours, as many as it may; ` +
    'the operator sets how many by accounts.freeOrdersPerDay';
  return new DeskError('too-many-requests', message, { field: 'product', retryAfter: Math.ceil(wait / SECOND) });
}
