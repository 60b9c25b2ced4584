import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import type { Hostname, Order, Website } from '../../core/records.ts';
import { isOpen, isOwn, statesOf } from './domain-state.ts';
import type { World } from './world.ts';

/** What renewed itself for these domains does so no longer, and what is open for them is called off. */
export async function stopRenewals(world: World, actor: Actor, domains: readonly Hostname[]): Promise<void> {
  for (const state of await statesOf(world, domains)) {
    if (state.order !== null && isOwn(state)) await endOrder(world, actor, state.order, isOpen(state.request));
  }
}

/** The same for every domain of these installs. */
export async function leaveWebsites(world: World, actor: Actor, installs: readonly Website[]): Promise<void> {
  if (installs.length === 0) return;
  await stopRenewals(world, actor, await world.store.find('hostnames', { websiteId: installs.map(({ id }) => id) }));
}

/** Its certificates live on until they expire. */
export async function endOrder({ desk }: World, actor: Actor, order: Order, open: boolean): Promise<void> {
  await desk.changeOrder(actor, order.id, { autoRenew: false, autoReissue: false });
  if (!open) return;
  try {
    await desk.cancelOrder(actor, order.id, null);
  } catch (error) {
    // It was finished, or is being signed, at this very moment.
    if (!(error instanceof DeskError) || (error.kind !== 'wrong-state' && error.kind !== 'conflict')) throw error;
  }
}
