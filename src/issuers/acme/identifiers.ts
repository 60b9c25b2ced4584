import { isAddress } from '../../core/names.ts';
import type { ChallengeType } from '../../core/ports.ts';
import type { Identifier } from './objects.ts';

/** An address goes by a type of its own (RFC 8738 §3). Its text must be canonical, as name policies make it. */
export function identifierOf(name: string): Identifier {
  return { type: isAddress(name) ? 'ip' : 'dns', value: name };
}

/** Those of the challenges that can prove a name: an address has no place in the DNS to put a record (RFC 8738 §7). */
export function challengesFor(name: string, challenges: readonly ChallengeType[]): ChallengeType[] {
  return challenges.filter((type) => type !== 'dns-01' || !isAddress(name));
}

export function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return [...new Set(some)].toSorted().join() === [...new Set(others)].toSorted().join();
}
