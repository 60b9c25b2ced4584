import { isAnsweredHere } from './challenge-answers.ts';
import type { ValidationChoice } from './desk.ts';
import { invalidValue } from './errors.ts';
import { covers, isFresh } from './facts.ts';
import { baseOf, climb, isAddress, isWildcard } from './names.ts';
import type { NamePolicy } from './ports.ts';
import type { Challenge, Validation } from './records.ts';
import type { Rules } from './rules.ts';
import type { Instant } from './time.ts';

export interface PlanWorld {
  now: Instant;
  rules: Rules;
  names: NamePolicy;
  newId(): number;
}

/** Domains whose proof, if there is one, would cover one of the names: each name's base and its parents down to the registrable domain. */
export function candidateDomains(names: readonly string[], policy: NamePolicy): string[] {
  const domains = names.flatMap((name) => {
    const base = baseOf(name);
    return climb(base, policy.registrableDomain(base) ?? base);
  });
  return [...new Set(domains)];
}

/**
 * The validations of a request: a fresh proof of the account is reused where one covers a name (BR 4.2.1), else the
 * domain is asked for in the way that `choose` says. Shorter names first, so that `example.com` proves
 * `www.example.com` where its method allows.
 * @throws DeskError `invalid-value` where a method may not be used for a name.
 */
export function planValidations(
  owner: { accountId: number; requestId: number },
  names: readonly string[],
  proofs: readonly Validation[],
  choose: (domain: string, name: string) => ValidationChoice,
  world: PlanWorld,
): Validation[] {
  const since = world.rules.domainProofSince(world.now);
  const fresh = proofs.filter((proof) => isFresh(proof, since) && mayBeReused(proof));
  const planned: Validation[] = [];
  for (const name of [...names].sort(byLabels)) {
    if (planned.some((validation) => covers(validation, name))) continue;
    const proof = fresh.find((candidate) => covers(candidate, name));
    planned.push(
      proof === undefined
        ? openValidation({ ...owner, domainId: null }, name, choose(baseOf(name), name), world)
        : reuse(owner, proof, world),
    );
  }
  return planned;
}

function byLabels(left: string, right: string): number {
  const difference = baseOf(left).split('.').length - baseOf(right).split('.').length;
  // Of a name and the wildcard over it the wildcard is asked first: it needs the stronger method.
  return difference !== 0 ? difference : Number(isWildcard(right)) - Number(isWildcard(left));
}

function answeredHere(challenge: Challenge): Challenge {
  return challenge.method === 'http' ? { ...challenge, answeredHere: true } : challenge;
}

/** What the desk answered by itself rests on who claims the name, which is asked anew each time. */
export function mayBeReused(proof: Validation): boolean {
  return !isAnsweredHere(proof);
}

/** A proof of the account as a request counts it. */
export function reuse(
  owner: { accountId: number; requestId: number },
  proof: Validation,
  world: PlanWorld,
): Validation {
  return {
    ...proof,
    ...owner,
    id: world.newId(),
    domainId: null,
    nextAttemptAt: null,
    reusedFrom: proof.reusedFrom ?? proof.id,
    createdAt: world.now,
  };
}

/**
 * A validation of a name, asked for in the way that was chosen.
 * @throws DeskError `invalid-value` where that way may not be used for the name.
 */
export function openValidation(
  owner: Pick<Validation, 'accountId' | 'requestId' | 'domainId'>,
  name: string,
  choice: ValidationChoice,
  world: PlanWorld,
): Validation {
  const base = baseOf(name);
  const domain = choice.domain ?? base;
  if (!world.rules.methodAllowed(choice.method, world.now)) {
    throw invalidValue('validation', `Domain validation by ${choice.method} is not allowed any more`, domain);
  }
  if (isWildcard(name) && choice.method === 'http') {
    throw invalidValue('validation', 'A wildcard name cannot be validated by a file (BR 3.2.2.4.18)', name);
  }
  if (isAddress(name) && choice.method !== 'http') {
    throw invalidValue('validation', 'An IP address is proved by a file (BR 3.2.2.5.1)', name);
  }
  const top = world.names.registrableDomain(base) ?? base;
  if (domain !== base && (choice.method === 'http' || !climb(base, top).includes(domain))) {
    throw invalidValue('validation', `Control of ${domain} by ${choice.method} does not prove ${base}`, domain);
  }
  return {
    id: world.newId(),
    ...owner,
    domain,
    method: choice.method,
    coversSubdomains: choice.method !== 'http',
    state: 'waiting',
    challenges: choice.selfPublished === true ? choice.challenges.map(answeredHere) : choice.challenges,
    detail: null,
    attempts: 0,
    nextAttemptAt: choice.method === 'email' ? null : world.now,
    validatedAt: null,
    reusedFrom: null,
    createdAt: world.now,
  };
}
