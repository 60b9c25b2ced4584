import type { Random } from '../../../core/ports.ts';
import type { ChallengeAnswer } from '../../../core/records.ts';
import { MINUTE } from '../../../core/time.ts';
import type { World } from '../world.ts';

/** How long an answer may stay where its removal was missed. */
const LIFE = 10 * MINUTE;

type What = Pick<ChallengeAnswer, 'kind' | 'name' | 'path' | 'value'>;

/** Publishes an answer at the platform's responders for as long as the work takes. */
export async function whilePublished<T>({ store, clock }: World, what: What, work: () => Promise<T>): Promise<T> {
  const createdAt = clock.now();
  const id = await store.transact(async (unit) => {
    const newId = unit.newId('challengeAnswers');
    unit.insert('challengeAnswers', { id: newId, ...what, createdAt, expiresAt: createdAt + LIFE });
    return newId;
  });
  try {
    return await work();
  } finally {
    await store.transact((unit) => unit.delete('challengeAnswers', id));
  }
}

/** So many signs of the alphabet; all bytes that would favour some are thrown away. */
export function randomText(random: Random, alphabet: string, length: number): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(64)) if (byte < limit) text += alphabet[byte % alphabet.length];
  }
  return text.slice(0, length);
}
