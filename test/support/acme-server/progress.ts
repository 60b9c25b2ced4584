import type { Authorization, World } from './state.ts';

/** One look at an authorization: one less to go, or the end of its validation. */
export async function look(world: World, authorization: Authorization): Promise<void> {
  const { running } = authorization;
  if (running !== null && authorization.looksLeft > 0) {
    authorization.looksLeft -= 1;
    return;
  }
  if (running !== null) {
    const problem = await running.outcome;
    // Another look may have come to the end meanwhile.
    if (authorization.running !== running) return;
    authorization.running = null;
    const { challenge } = running;
    challenge.status = problem === null ? 'valid' : 'invalid';
    challenge.error = problem;
    challenge.validated = problem === null ? world.now() : null;
    if (authorization.status === 'pending') authorization.status = challenge.status;
  }
  const open = authorization.status === 'pending' || authorization.status === 'valid';
  if (open && authorization.expires <= world.now()) authorization.status = 'expired';
}
