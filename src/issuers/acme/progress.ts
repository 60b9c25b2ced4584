import type { ChallengeType } from '../../core/ports.ts';
import type { Instant } from '../../core/time.ts';

/**
 * How far an issuance has come at the CA, kept with its record: from it every step is taken, and after a crash taken
 * again. `place` none ordered yet; `prove` challenges are chosen and published; `answer` the CA is told of them;
 * `check` the CA looks; `finish` the order is finalized, or about to be: from then on only its certificate ends it.
 */
export interface Progress {
  stage: 'place' | 'prove' | 'answer' | 'check' | 'finish';
  /** URL of the order; null in `place` alone. */
  order: string | null;
  /** The moment of a place under the CA's limits that is taken. */
  placed: Instant | null;
  /** The CA did not want to hear what is replaced (RFC 9773 §5). */
  withoutReplaces: boolean;
  /** Challenges that are published. */
  answers: PublishedAnswer[];
  /** Of the account's key with which they were made. */
  thumbprint: string | null;
  /** Looks at the order since the last step. */
  looks: number;
  /** Failed calls in a row, and when the first was. */
  troubles: number;
  troubledSince: Instant | null;
  /** When this order, or its finishing, began. */
  since: Instant | null;
  /** Orders that came to nothing without anybody's fault. */
  restarts: number;
}

export interface PublishedAnswer {
  type: ChallengeType;
  /** Name without `*.`, or address. */
  identifier: string;
  token: string;
  challenge: string;
  authorization: string;
  expiresAt: Instant;
}

const NEW: Progress = {
  stage: 'place',
  order: null,
  placed: null,
  withoutReplaces: false,
  answers: [],
  thumbprint: null,
  looks: 0,
  troubles: 0,
  troubledSince: null,
  since: null,
  restarts: 0,
};

/** The progress on record; from the beginning where there is none. */
export function readProgress(kept: Record<string, unknown> | null): Progress {
  const { resumeAt: _, ...progress } = kept ?? {};
  return { ...NEW, ...(progress as Partial<Progress>) };
}

/** The beginning again, for an order that came to nothing. */
export function startedOver({ restarts, withoutReplaces }: Progress): Progress {
  return { ...NEW, withoutReplaces, restarts: restarts + 1 };
}

export function written(progress: Progress): Record<string, unknown> {
  return { ...progress };
}
