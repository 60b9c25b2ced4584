import type { Unit } from '../core/store.ts';

/** A unit of work that waits for its turn. */
export interface Waiting {
  readonly work: (unit: Unit) => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of a unit, told to its caller once the shared commit is durable. */
export type Outcome = { readonly waiting: Waiting } & ({ readonly value: unknown } | { readonly error: unknown });

/** Tells each caller its outcome. */
export function tell(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    if ('error' in outcome) outcome.waiting.reject(outcome.error);
    else outcome.waiting.resolve(outcome.value as never);
  }
}
