import type { Engine } from './parts.ts';
import { covers, isOpen, unprovedNames, type Facts } from './facts.ts';
import { candidateDomains, mayBeReused, reuse } from './plan-validations.ts';
import type { Happening } from './settle.ts';
import { transition } from './states.ts';
import type { Unit } from './store.ts';

/**
 * Proofs that the account gained by other ways while the request waits, such as of a kept domain: they count here as
 * well, and what they prove is not asked any more. Only those made after the request, so that one for which every
 * domain is proved anew stays that.
 */
export async function takeLaterProofs(
  engine: Engine,
  unit: Unit,
  facts: Facts,
): Promise<{ facts: Facts; happenings: Happening[] }> {
  const { request } = facts;
  const now = engine.clock.now();
  const since = engine.rules.domainProofSince(now);
  const missing = request.state === 'waiting' ? unprovedNames(facts, since) : [];
  if (missing.length === 0 || !facts.validations.some(isOpen)) return { facts, happenings: [] };
  const domains = candidateDomains(missing, engine.names);
  const proofs = await unit.reusableValidations(request.accountId, domains, Math.max(since, request.createdAt));
  const others = proofs.filter((proof) => proof.requestId !== request.id && mayBeReused(proof));
  const taken = others.filter((proof) => missing.some((name) => covers(proof, name)));
  if (taken.length === 0) return { facts, happenings: [] };
  const owner = { accountId: request.accountId, requestId: request.id };
  const world = { now, rules: engine.rules, names: engine.names, newId: () => unit.newId('validations') };
  const left = missing.filter((name) => !taken.some((proof) => covers(proof, name)));
  const kept = facts.validations.map((one) =>
    isOpen(one) && !left.some((name) => covers(one, name))
      ? { ...one, state: transition('validation', one.state, 'cancelled'), nextAttemptAt: null }
      : one,
  );
  const happenings = taken.map(({ id, domain }) => ({
    action: 'validation.reused',
    target: `request:${request.id}`,
    details: { domain, proof: id },
  }));
  return { facts: { ...facts, validations: [...kept, ...taken.map((one) => reuse(owner, one, world))] }, happenings };
}
