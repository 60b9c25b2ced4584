import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { ChallengeAsk, Random } from '../../src/core/ports.ts';
import type { Store } from '../../src/core/store.ts';
import { type Answers, createAnswers } from '../../src/responders/answers.ts';
import type { Counted } from '../../src/responders/listen.ts';
import { fixedClock } from '../support/stores.ts';

export const LOOPBACK = { host: '127.0.0.1', port: 0 };
export const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
export const NOON = Date.parse('2026-11-22T12:00:00Z');
export const LATER = NOON + 3_600_000;

/** Answers that stand in no database. */
export function keptAnswers(values: Record<string, string[]> = {}): Pick<Answers, 'values'> & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    values: async (kind, name, path = '') => {
      const key = [kind, name, path].filter((part) => part !== '').join(' ');
      asked.push(key);
      return values[key] ?? [];
    },
  };
}

export function counter(): { count: Counted; counts: Record<string, number> } {
  const counts: Record<string, number> = {};
  return { counts, count: (outcome) => void (counts[outcome] = (counts[outcome] ?? 0) + 1) };
}

/** Fails the test where something was worth a warning. */
export const noWarning = {
  warn: (details: object, message: string): never => {
    throw new Error(`${message} ${JSON.stringify(details)}`);
  },
};

export function answersOf(store: Store, now = NOON) {
  const clock = fixedClock(now);
  return { clock, answers: createAnswers({ store, clock }) };
}

export function ask(type: ChallengeAsk['type'], identifier: string, more: Partial<ChallengeAsk> = {}): ChallengeAsk {
  return { type, identifier, token: 'tok-en_1', keyAuthorization: 'tok-en_1.thumb', expiresAt: LATER, ...more };
}

/** Closes at the end of the test. */
export async function using<T extends { close(): Promise<void> }>(t: TestContext, made: Promise<T>): Promise<T> {
  const thing = await made;
  t.after(() => thing.close());
  return thing;
}
