import { inParallel } from '../../core/in-parallel.ts';
import type { ChallengeType, IssueAsk, IssueResult } from '../../core/ports.ts';
import { HOUR, type Instant, MINUTE } from '../../core/time.ts';
import type { OpenAccount } from './client.ts';
import { bucketsOfFailures } from './counted.ts';
import { challengesFor } from './identifiers.ts';
import type { AcmeAuthorization, AcmeOrder } from './objects.ts';
import { AcmeError, describeProblem, type Problem, verdictOnObject } from './problems.ts';
import { type Progress, type PublishedAnswer, startedOver } from './progress.ts';
import { cleanText } from './read.ts';
import { nextLook } from './retry-after.ts';
import { accountOf, askOf, AT_ONCE, goOn, hostOf, type StepWorld, withdrawAll } from './step.ts';

/** Orders that are begun again where one came to nothing by itself. */
const MOST_RESTARTS = 3;
/** An answer stays published this long, if nobody takes it down. */
const PUBLISHED_FOR = 24 * HOUR;
/** How long the CA may look at the challenges. */
const LOOKING_FOR = HOUR;
/**
 * Before that a challenge that is pending is taken to be looked at: some CAs show it so until they are done, and
 * told again they look again, at answers that are taken down by then.
 */
const TELL_AGAIN_AFTER = 5 * MINUTE;
/** Longest wait between two looks that the CA may ask for. */
const LONGEST_PAUSE = 15 * MINUTE;

/** Chooses a challenge for every name that is not proved yet, and publishes the answers (RFC 8555 §7.5). */
export async function prove(world: StepWorld, ask: IssueAsk, progress: Progress): Promise<IssueResult> {
  const { client, clock, board } = world;
  const account = await accountOf(world);
  const { object: order } = await client.order(account, orderUrl(progress));
  if (order.status === 'invalid') return failed(world, ask, progress, account, order);
  if (order.status !== 'pending') return finishNext(world, progress);
  const authorizations = await lookAtAll(world, account, order.authorizations);
  if (authorizations.some(({ status }) => status !== 'pending' && status !== 'valid')) {
    return failed(world, ask, progress, account, order);
  }
  const answers: PublishedAnswer[] = [];
  for (const authorization of authorizations.filter(({ status }) => status === 'pending')) {
    checkOrdered(authorization, ask.names);
    const chosen = await choose(world, authorization, clock.now());
    if (typeof chosen === 'string') return { kind: 'refused', message: chosen };
    answers.push(chosen);
  }
  const { thumbprint } = account.key;
  await inParallel(answers, AT_ONCE, (answer) => board.publish(askOf(answer, thumbprint)));
  return goOn({ ...progress, stage: 'answer', answers, thumbprint, looks: 0 }, clock.now());
}

/** Whoever speaks for the CA must not have anything else proved by us. */
function checkOrdered({ identifier, wildcard }: AcmeAuthorization, names: readonly string[]): void {
  const { value } = identifier;
  const isOrdered = names.includes(`*.${value}`) || (!wildcard && names.includes(value));
  if (!isOrdered) throw new AcmeError(`The CA asks for proof of ${cleanText(value, 253)}, which was not ordered`);
}

/** The first configured way that the CA offers for the name and the desk can answer; else why there is none. */
async function choose(
  { board, settings }: StepWorld,
  { identifier, wildcard, challenges, url, expires }: AcmeAuthorization,
  now: Instant,
): Promise<PublishedAnswer | string> {
  const name = wildcard ? `*.${identifier.value}` : identifier.value;
  const ways: readonly ChallengeType[] = await board.ways(name);
  for (const type of challengesFor(identifier.value, settings.challenges)) {
    const challenge = challenges.find((one) => one.type === type && one.status !== 'invalid');
    if (challenge === undefined || challenge.token === null || !ways.includes(type)) continue;
    const expiresAt = Math.min(expires ?? Number.POSITIVE_INFINITY, now + PUBLISHED_FOR);
    const { token, url: challengeUrl } = challenge;
    return { type, identifier: identifier.value, token, challenge: challengeUrl, authorization: url, expiresAt };
  }
  const offered = challenges.map(({ type }) => cleanText(type, 30)).join(', ') || 'nothing';
  return `${name} cannot be proved: the CA offers ${offered}, here it could be ${ways.join(', ') || 'nothing'}`;
}

/** Tells the CA that the answers are there. */
export async function answer(world: StepWorld, _ask: IssueAsk, progress: Progress): Promise<IssueResult> {
  const { clock, random } = world;
  const account = await accountOf(world);
  if (account.key.thumbprint !== progress.thumbprint) return proveAgain(world, progress);
  await inParallel(progress.answers, AT_ONCE, (one) => tell(world, account, one));
  return goOn({ ...progress, stage: 'check', looks: 0 }, nextLook(clock.now(), 0, null, random, LONGEST_PAUSE));
}

async function tell({ client }: StepWorld, account: OpenAccount, { challenge }: PublishedAnswer): Promise<void> {
  try {
    await client.answer(account, challenge);
  } catch (error) {
    // Told before, perhaps by a process that died then: the next look shows how it stands.
    if (!(error instanceof AcmeError && error.problem?.type === 'malformed')) throw error;
  }
}

/** The account's key was changed meanwhile: what is published holds the old one. */
async function proveAgain(world: StepWorld, progress: Progress): Promise<IssueResult> {
  await withdrawAll(world, progress);
  return goOn({ ...progress, stage: 'prove', answers: [], thumbprint: null }, world.clock.now());
}

/** Looks whether the CA has validated the names. */
export async function check(world: StepWorld, ask: IssueAsk, progress: Progress): Promise<IssueResult> {
  const { client, clock, random } = world;
  const account = await accountOf(world);
  const { object: order, retryAt } = await client.order(account, orderUrl(progress));
  if (order.status === 'invalid') return failed(world, ask, progress, account, order);
  if (order.status !== 'pending') return finishNext(world, progress);
  const now = clock.now();
  if (now > Math.min(order.expires ?? Number.POSITIVE_INFINITY, (progress.since ?? now) + LOOKING_FOR)) {
    await withdrawAll(world, progress);
    return { kind: 'unavailable', message: `${hostOf(world)} did not look at the challenges in time` };
  }
  // Every other look is a closer one: an order may stay pending although an authorization has failed.
  if (progress.looks % 2 === 1) {
    const urls = progress.answers.map(({ authorization }) => authorization);
    const authorizations = await lookAtAll(world, account, urls);
    if (authorizations.some(({ status }) => status !== 'pending' && status !== 'valid')) {
      return failed(world, ask, progress, account, order);
    }
    const maybeLost = now > (progress.since ?? now) + TELL_AGAIN_AFTER;
    const untold = maybeLost ? progress.answers.filter((one) => isUntold(one, authorizations)) : [];
    if (untold.length > 0 && account.key.thumbprint !== progress.thumbprint) return proveAgain(world, progress);
    await inParallel(untold, AT_ONCE, (one) => tell(world, account, one));
  }
  const looks = progress.looks + 1;
  return goOn({ ...progress, looks }, nextLook(now, looks, retryAt, random, LONGEST_PAUSE));
}

/** The answer to the CA's call was lost. */
function isUntold({ challenge }: PublishedAnswer, authorizations: readonly AcmeAuthorization[]): boolean {
  return authorizations.some(
    ({ status, challenges }) =>
      status === 'pending' && challenges.some((one) => one.url === challenge && one.status === 'pending'),
  );
}

async function lookAtAll({ client }: StepWorld, account: OpenAccount, urls: readonly string[]) {
  return inParallel(urls, AT_ONCE, async (url) => (await client.authorization(account, url)).object);
}

/** All names are proved. That the order is about to be finalized is on record before it happens. */
async function finishNext(world: StepWorld, progress: Progress): Promise<IssueResult> {
  await withdrawAll(world, progress);
  const now = world.clock.now();
  return goOn({ ...progress, stage: 'finish', answers: [], looks: 0, since: now }, now);
}

/** The order came to nothing before it was finalized: for its names' sake, the CA's, or because it grew too old. */
async function failed(
  world: StepWorld,
  ask: IssueAsk,
  progress: Progress,
  account: OpenAccount,
  order: AcmeOrder,
): Promise<IssueResult> {
  await withdrawAll(world, progress);
  const authorizations = await lookAtAll(world, account, order.authorizations);
  const failures = authorizations.flatMap(failureOf);
  if (failures.length === 0) {
    if (order.error !== null && verdictOnObject(order.error) === 'refused') {
      return { kind: 'refused', message: `The CA refused the order: ${describeProblem(order.error)}` };
    }
    return startOver(world, ask, progress);
  }
  await world.places.note(
    bucketsOfFailures(
      world.counted,
      failures.map(({ name }) => name),
    ),
  );
  // The desk began anew after this order did: while it was away, the CA saw no answers.
  const wasAway = progress.since !== null && progress.since < world.openedAt;
  if (wasAway && progress.restarts < MOST_RESTARTS) return startOver(world, ask, progress);
  const message = cleanText(
    `The CA could not validate ${failures.map(({ name, problem }) => `${name}: ${describeProblem(problem)}`).join('; ')}`,
    2_000,
  );
  const isFinal = failures.some(({ problem }) => verdictOnObject(problem) === 'refused');
  return isFinal ? { kind: 'refused', message } : { kind: 'unavailable', message };
}

function failureOf({ status, identifier, challenges }: AcmeAuthorization): { name: string; problem: Problem }[] {
  if (status !== 'invalid') return [];
  const error = challenges.find((one) => one.error !== null)?.error;
  return error === undefined || error === null ? [] : [{ name: identifier.value, problem: error }];
}

/** Another order in place of one that is of no use any more; not for ever. */
export async function startOver(world: StepWorld, _ask: IssueAsk, progress: Progress): Promise<IssueResult> {
  await withdrawAll(world, progress);
  if (progress.restarts < MOST_RESTARTS) return goOn(startedOver(progress), world.clock.now());
  return { kind: 'unavailable', message: `Orders at ${hostOf(world)} come to nothing` };
}

export function orderUrl({ order }: Progress): string {
  if (order === null) throw new Error('There is no order to go on with');
  return order;
}
