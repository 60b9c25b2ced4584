import { members } from './accounts.ts';
import { later } from './orders.ts';
import { addUse } from './limits.ts';
import type { Lookups } from './lookups.ts';
import { type Problem, ProblemError, problemDocument } from './problems.ts';
import { look } from './progress.ts';
import type { Answer, ChallengeView } from './script.ts';
import type { Account, Authorization, Challenge, World } from './state.ts';
import { lookAt } from './validate.ts';

/** RFC 8555 §7.5, §7.5.2 */
export async function lookAtAuthorization(
  world: World,
  authorization: Authorization,
  payload: unknown,
): Promise<Answer> {
  if (payload !== null) {
    if (members(payload).status !== 'deactivated')
      throw new ProblemError('malformed', 'An authorization can only be deactivated');
    authorization.status = 'deactivated';
  }
  await look(world, authorization);
  return { status: 200, headers: later(world, authorization.status === 'pending'), body: bodyOf(authorization) };
}

function bodyOf({ identifier, status, expires, wildcard, challenges }: Authorization): Record<string, unknown> {
  return {
    identifier,
    status,
    expires: new Date(expires).toISOString(),
    ...(wildcard ? { wildcard } : {}),
    challenges: challenges.map(challengeBody),
  };
}

function challengeBody({ url, type, token, status, validated, error }: Challenge): Record<string, unknown> {
  return {
    type,
    url,
    token,
    status,
    ...(validated === null ? {} : { validated: new Date(validated).toISOString() }),
    ...(error === null ? {} : { error: problemDocument(error) }),
  };
}

/** RFC 8555 §7.5.1: an empty object asks for validation; POST-as-GET looks. */
export async function answerChallenge(
  world: World,
  authorization: Authorization,
  challenge: Challenge,
  payload: unknown,
): Promise<Answer> {
  if (payload !== null) {
    if (Object.keys(members(payload)).length > 0)
      throw new ProblemError('malformed', 'The answer to a challenge is an empty object');
    // Once more for a challenge that was answered does nothing.
    if (authorization.status === 'pending' && challenge.status === 'pending') start(world, authorization, challenge);
  }
  const open = challenge.status === 'pending' || challenge.status === 'processing';
  return {
    status: 200,
    headers: { link: `<${authorization.url}>;rel="up"`, ...later(world, open) },
    body: challengeBody(challenge),
  };
}

function start(world: World, authorization: Authorization, challenge: Challenge): void {
  challenge.status = 'processing';
  authorization.looksLeft = world.script.pendingLooks;
  const { identifier, wildcard, account } = authorization;
  const { type, token } = challenge;
  const view = { identifier, wildcard, type, token, keyAuthorization: `${token}.${account.thumbprint}` };
  authorization.running = { challenge, outcome: validate(world, view, account) };
}

async function validate(world: World, view: ChallengeView, account: Account): Promise<Problem | null> {
  const verdict = world.script.verdict(view);
  if (verdict === 'valid') return null;
  if (verdict === 'check' && world.lookups === null) throw new Error('the script says check: hand lookups in');
  const problem = verdict === 'check' ? await lookAt(view, world.lookups as Lookups) : verdict;
  if (problem !== null) addUse(world, 'failedValidations', `${account.id} ${view.identifier.value}`);
  return problem;
}
