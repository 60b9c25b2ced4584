import { inParallel } from '../../core/in-parallel.ts';
import type { ChallengeAsk, IssueResult } from '../../core/ports.ts';
import { type Instant, MINUTE } from '../../core/time.ts';
import { type AccountWorld, openAccount } from './accounts.ts';
import type { AcmeClient, OpenAccount } from './client.ts';
import { bucketsOfAccount, type CountedBy } from './counted.ts';
import type { Places } from './places.ts';
import { AcmeError } from './problems.ts';
import { type Progress, type PublishedAnswer, written } from './progress.ts';
import { spread } from './retry-after.ts';
import type { AcmeParts } from './settings.ts';
import type { Transport } from './transport.ts';

/** What the steps of an issuance work with. */
export interface StepWorld extends AcmeParts, AccountWorld {
  settings: AcmeParts['settings'];
  transport: Transport;
  client: AcmeClient;
  places: Places;
  counted: CountedBy;
  /** When this process began to work with the CA. */
  openedAt: Instant;
}

/** Calls about one order at the same time. */
export const AT_ONCE = 4;

/** Waits longer than this are told as `unavailable`, so that the next issuer may be asked. */
const PATIENCE = 5 * MINUTE;

/** The next step at `at`, all troubles overcome. */
export function goOn(progress: Progress, at: Instant): IssueResult {
  return { kind: 'waiting', at, progress: written({ ...progress, troubles: 0, troubledSince: null }) };
}

/** Before anything was finalized: waited for where it is not long, otherwise the next issuer may be asked. */
export function later(world: StepWorld, progress: Progress, until: Instant, message: string): IssueResult {
  const now = world.clock.now();
  if (until - now > PATIENCE) return { kind: 'unavailable', message, until };
  return { kind: 'waiting', at: now + spread(until - now, world.random), progress: written(progress) };
}

export async function accountOf(world: StepWorld): Promise<OpenAccount> {
  return openAccount(world, world.client, async () => {
    const place = await world.places.take(bucketsOfAccount(world.counted));
    const now = world.clock.now();
    if (place.taken && place.at <= now) return;
    const detail = 'too many new accounts were asked for from here';
    const problem = { status: 0, type: 'rateLimited', detail, subproblems: [], instance: null };
    throw new AcmeError(detail, { problem, retryAt: place.taken ? place.at : place.until });
  });
}

/** Takes down what was published for an order. */
export async function withdrawAll(
  { board }: Pick<StepWorld, 'board'>,
  { answers, thumbprint }: Progress,
): Promise<void> {
  if (thumbprint === null) return;
  await inParallel(answers, AT_ONCE, (answer) => board.withdraw(askOf(answer, thumbprint)));
}

/** RFC 8555 §8.1. */
export function askOf({ type, identifier, token, expiresAt }: PublishedAnswer, thumbprint: string): ChallengeAsk {
  return { type, identifier, token, keyAuthorization: `${token}.${thumbprint}`, expiresAt };
}

export function hostOf({ settings }: Pick<StepWorld, 'settings'>): string {
  return new URL(settings.directory).host;
}
