import type { Subject } from './records.ts';

/** What of a subject is vetted: everything that says who and where. A department is nobody's to vet. */
export function identityOf({ department: _, ...identity }: Subject): Subject {
  const given = Object.entries(identity).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(given.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** What was vetted is what is certified: every attribute must agree (BR 3.2.2.1, EVG 3.2.2). */
export function sameIdentity(left: Subject, right: Subject): boolean {
  return JSON.stringify(identityOf(left)) === JSON.stringify(identityOf(right));
}
