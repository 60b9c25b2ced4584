import type { Actor, Outcome } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { isOpen } from '../../core/facts.ts';
import { may } from '../../core/permissions.ts';
import type { Validation } from '../../core/records.ts';
import { homeOf } from './containers.ts';
import type { World } from './world.ts';

/**
 * Keeps each domain that an order of OV or EV waits for, as the vendor does: clients take its id from the answer, look
 * the domain up by it and have it checked. It is asked for as the order asks; mails are not sent twice, so domains that
 * are proved by mail are not kept. A key that may not keep domains leaves them to the order alone.
 */
export async function keepDomains(world: World, actor: Actor, { request }: Outcome): Promise<void> {
  if (request.state !== 'waiting' || !may(actor, 'domains')) return;
  const { store } = world.context;
  const open = (await store.find('validations', { requestId: request.id })).filter(isOpen);
  const order = request.orderId === null ? null : await store.get('orders', request.orderId);
  const organizationId = order?.organizationId ?? null;
  for (const validation of open)
    if (validation.method !== 'email' && isKept(world, validation))
      await keep(world, actor, validation, organizationId);
}

/** What no registry knows is proved with its order alone. */
function isKept({ context }: World, { domain }: Validation): boolean {
  try {
    context.names.normalise(domain, 'name');
    return true;
  } catch (error) {
    if (error instanceof DeskError && error.kind === 'invalid-value') return false;
    throw error;
  }
}

async function keep(
  world: World,
  actor: Actor,
  { domain: name, method, challenges }: Validation,
  organizationId: number | null,
): Promise<void> {
  const { domains } = world.context.registry;
  const containerId = await homeOf(world, actor);
  try {
    await domains.create(actor, { name, organizationId, containerId, choice: { method, challenges }, extra: {} });
  } catch (error) {
    if (!(error instanceof DeskError) || error.kind !== 'already-exists') throw error;
  }
}
