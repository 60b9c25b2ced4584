import { DeskError } from '../core/errors.ts';
import type { ChallengeAnswer } from '../core/records.ts';
import type { Store } from '../core/store.ts';
import type { Clock, Instant } from '../core/time.ts';

export type AnswerKey = Pick<ChallengeAnswer, 'kind' | 'name' | 'path' | 'value'>;

/** What is answered, in the database, so that every process of the desk answers the same. */
export interface Answers {
  /** Values that stand there now, newest first. */
  values(kind: ChallengeAnswer['kind'], name: string, path?: string): Promise<string[]>;
  /** Once more only moves the end. @throws DeskError `invalid-value` for a value that is too long */
  put(key: AnswerKey, expiresAt: Instant): Promise<void>;
  /** What is not there is no error. */
  remove(key: AnswerKey): Promise<void>;
}

/** Longest value, bytes: it stands in an index. */
const LONGEST_VALUE = 1_024;
/** Values of one name and path that are looked at. */
const MOST_VALUES = 32;

export function createAnswers({ store, clock }: { store: Store; clock: Clock }): Answers {
  async function put(key: AnswerKey, expiresAt: Instant): Promise<void> {
    await store.transact(async (unit) => {
      const [known] = await unit.find('challengeAnswers', key, { limit: 1 });
      if (known !== undefined) {
        await unit.update('challengeAnswers', known.id, { expiresAt });
        return;
      }
      unit.insert('challengeAnswers', {
        ...key,
        id: unit.newId('challengeAnswers'),
        createdAt: clock.now(),
        expiresAt,
      });
    });
  }

  return {
    async values(kind, name, path = '') {
      const order = { field: 'id', descending: true } as const;
      const found = await store.find('challengeAnswers', { kind, name, path }, { order, limit: MOST_VALUES });
      const now = clock.now();
      return found.filter(({ expiresAt }) => expiresAt > now).map(({ value }) => value);
    },
    async put(key, expiresAt) {
      if (Buffer.byteLength(key.value) > LONGEST_VALUE) {
        throw new DeskError('invalid-value', `An answer of more than ${LONGEST_VALUE} bytes is not published`);
      }
      try {
        await put(key, expiresAt);
      } catch (error) {
        if (!(error instanceof DeskError) || (error.kind !== 'already-exists' && error.kind !== 'conflict'))
          throw error;
        // Another process put or took away the same at the same time.
        await put(key, expiresAt);
      }
    },
    async remove(key) {
      await store.transact(async (unit) => {
        for (const { id } of await unit.find('challengeAnswers', key)) await unit.delete('challengeAnswers', id);
      });
    },
  };
}
