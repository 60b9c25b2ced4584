import { isOpen } from './facts.ts';
import type { Challenge, ChallengeAnswer, Validation } from './records.ts';
import { CHALLENGE_LIFETIME } from './retry.ts';
import type { Reader, Unit } from './store.ts';
import type { Instant } from './time.ts';

type HttpChallenge = Extract<Challenge, { method: 'http' }>;

/** What is answered here for a file of a host; the newest where there are several. Null where nothing is. */
export async function httpAnswer(
  reader: Pick<Reader, 'find'>,
  host: string,
  path: string,
  now: Instant,
): Promise<string | null> {
  const answers = await reader.find('challengeAnswers', { kind: 'http', name: plainHost(host), path });
  return answers.findLast(({ expiresAt }) => expiresAt > now)?.value ?? null;
}

/**
 * Keeps what is answered here in step with a validation: its challenges that the desk answers itself are answered
 * from the moment it opens until it ends.
 */
export async function keepAnswers(
  unit: Unit,
  before: Validation | null | undefined,
  after: Validation,
  now: Instant,
): Promise<void> {
  const answered = after.challenges.filter(isServed);
  if (answered.length === 0) return;
  const wasOpen = before !== null && before !== undefined && isOpen(before);
  if (isOpen(after) && !wasOpen) for (const challenge of answered) await publish(unit, challenge, now);
  if (!isOpen(after) && wasOpen) await withdraw(unit, after, answered);
}

/** Whether the desk serves what the validation asks for. */
export function isAnsweredHere({ challenges }: Validation): boolean {
  return challenges.some(isServed);
}

function isServed(challenge: Challenge): challenge is HttpChallenge {
  return challenge.method === 'http' && challenge.answeredHere === true;
}

async function publish(unit: Unit, challenge: HttpChallenge, now: Instant): Promise<void> {
  const expiresAt = challenge.until ?? now + CHALLENGE_LIFETIME;
  const [known] = await unit.find('challengeAnswers', placeOf(challenge));
  if (known === undefined) {
    const id = unit.newId('challengeAnswers');
    unit.insert('challengeAnswers', { id, ...placeOf(challenge), createdAt: now, expiresAt });
  } else if (known.expiresAt < expiresAt) {
    await unit.update('challengeAnswers', known.id, { expiresAt });
  }
}

/** What another open validation of the account asks for as well stays. */
async function withdraw(unit: Unit, ended: Validation, answered: readonly HttpChallenge[]): Promise<void> {
  const { accountId, domain } = ended;
  const others = await unit.find('validations', { accountId, domain, state: ['waiting', 'attention'] });
  const wanted = others.filter(({ id }) => id !== ended.id).flatMap(({ challenges }) => challenges.filter(isServed));
  for (const challenge of answered) {
    if (wanted.some((one) => one.path === challenge.path && one.content === challenge.content)) continue;
    for (const { id } of await unit.find('challengeAnswers', placeOf(challenge)))
      await unit.delete('challengeAnswers', id);
  }
}

function placeOf({ host, path, content }: HttpChallenge): Pick<ChallengeAnswer, 'kind' | 'name' | 'path' | 'value'> {
  return { kind: 'http', name: plainHost(host), path, value: content };
}

/** Lower case, without a final dot. */
function plainHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
