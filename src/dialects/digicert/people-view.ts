import type { User } from '../../core/records.ts';

/** A user where another thing speaks of them. */
export function renderPerson({ id, firstName, lastName, email }: User) {
  return { id, first_name: firstName, last_name: lastName, email };
}
