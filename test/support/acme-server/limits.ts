import { ProblemError } from './problems.ts';
import type { Limits } from './script.ts';
import type { World } from './state.ts';

/**
 * Counts one use of a limit for `whose`, or refuses it (RFC 8555 §6.6) with `Retry-After` in seconds until a place is
 * free.
 * @throws ProblemError rateLimited
 */
export function takeUse(world: World, limit: keyof Limits, whose: string): void {
  checkUse(world, limit, whose);
  addUse(world, limit, whose);
}

/** Counts one use, whether or not there is a limit. */
export function addUse(world: World, limit: keyof Limits, whose: string): void {
  const key = `${limit} ${whose}`;
  world.uses.set(key, [...(world.uses.get(key) ?? []), world.now()]);
}

/** As `takeUse`, without counting. */
export function checkUse(world: World, limit: keyof Limits, whose: string): void {
  const rule = world.script.limits[limit];
  if (rule === undefined) return;
  const span = rule.seconds * 1_000;
  const uses = (world.uses.get(`${limit} ${whose}`) ?? []).filter((at) => at > world.now() - span);
  const oldest = uses.at(-rule.count);
  if (oldest === undefined) return;
  const wait = Math.max(1, Math.ceil((oldest + span - world.now()) / 1_000));
  throw new ProblemError('rateLimited', `too many: ${limit} ${whose}, ${rule.count} in ${rule.seconds} seconds`, {
    headers: { 'retry-after': String(wait), link: `<${world.origin}/docs/rate-limits>;rel="help"` },
  });
}
