import { DeskError } from '../../core/errors.ts';
import type { IssueAsk, IssueResult } from '../../core/ports.ts';
import type { Issuance } from '../../core/records.ts';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../core/time.ts';
import { forgetAccountUrl } from './accounts.ts';
import { finish } from './finish.ts';
import { place, rateLimited } from './place.ts';
import { AcmeError, describeProblem, verdictOf } from './problems.ts';
import { type Progress, readProgress, written } from './progress.ts';
import { answer, check, prove, startOver } from './prove.ts';
import { spread } from './retry-after.ts';
import { hostOf, later, type StepWorld, withdrawAll } from './step.ts';

const STEPS: Readonly<
  Record<Progress['stage'], (world: StepWorld, ask: IssueAsk, progress: Progress) => Promise<IssueResult>>
> = { place, prove, answer, check, finish };

/** Takes the next step of an issuance from what is on record of it. */
export async function takeStep(world: StepWorld, ask: IssueAsk, issuance: Issuance): Promise<IssueResult> {
  const progress = readProgress(issuance.progress);
  try {
    return await STEPS[progress.stage](world, ask, progress);
  } catch (error) {
    if (error instanceof AcmeError) return afterError(world, ask, progress, error);
    if (error instanceof DeskError && error.kind === 'issuer-unavailable') {
      return afterTrouble(world, ask, progress, new AcmeError(error.message, { cause: error }));
    }
    throw error;
  }
}

/** How long to wait after the first, second … failed call in a row. */
const PAUSES: readonly number[] = [
  2 * SECOND,
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
];
/** Failed calls before the next issuer may be asked: where there is no order yet, and where there is one. */
const TROUBLES_TO_PLACE = 3;
const TROUBLES_TO_PROVE = 7;
/** A finalized order is asked after for so long. */
const LONGEST_FINISH = 7 * DAY;
const LONGEST_PAUSE = 30 * MINUTE;
/** An error that names neither names nor CSR may come of a key that another process has just changed. */
const TWICE: ReadonlySet<string> = new Set(['malformed', 'unauthorized']);

async function afterError(world: StepWorld, ask: IssueAsk, progress: Progress, error: AcmeError): Promise<IssueResult> {
  const { problem } = error;
  const verdict = verdictOf(error);
  if (problem?.type === 'rateLimited') return afterRateLimit(world, ask, progress, error);
  if (verdict === 'wait' || verdict === 'again' || verdict === 'done') return afterTrouble(world, ask, progress, error);
  if (verdict === 'account') return afterUnknownAccount(world, ask, progress, error);
  if (problem !== null && TWICE.has(problem.type) && progress.troubles === 0) {
    return afterTrouble(world, ask, progress, error);
  }
  // An order that belongs to no account of ours any more: what it was is of no use.
  const isGone = problem?.type === 'unauthorized' || problem?.status === 404;
  if (isGone && progress.stage !== 'place' && progress.stage !== 'finish') return startOver(world, ask, progress);
  if (verdict === 'operator') return afterFault(world, ask, progress, error);
  if (progress.stage === 'finish' && isGone) return afterTrouble(world, ask, progress, error);
  await withdrawAll(world, progress);
  return { kind: 'refused', message: `The CA refused: ${problem === null ? error.message : describeProblem(problem)}` };
}

async function afterRateLimit(
  world: StepWorld,
  ask: IssueAsk,
  progress: Progress,
  error: AcmeError,
): Promise<IssueResult> {
  const until = await rateLimited(world, ask, error);
  tell(world, ask, progress, error);
  if (progress.stage === 'finish') return waitFor(world, progress, until);
  const message = `${hostOf(world)} asks to wait: ${describeProblem(error.problem ?? NO_PROBLEM)}`;
  const result = later(world, { ...progress, placed: null }, until, message);
  if (result.kind === 'unavailable') await withdrawAll(world, progress);
  return result;
}

const NO_PROBLEM = { status: 0, type: 'rateLimited', detail: '', subproblems: [], instance: null };

/** The CA is away, or not itself. */
async function afterTrouble(
  world: StepWorld,
  ask: IssueAsk,
  progress: Progress,
  error: AcmeError,
): Promise<IssueResult> {
  const { clock, transport } = world;
  const now = clock.now();
  transport.forgetDirectory();
  if (progress.troubles === 0) tell(world, ask, progress, error);
  const pause = PAUSES[Math.min(progress.troubles, PAUSES.length - 1)] ?? MINUTE;
  const wanted = Math.max(now + pause, Math.min(error.retryAt ?? 0, now + LONGEST_PAUSE));
  if (progress.stage === 'finish') {
    if (now <= (progress.since ?? now) + LONGEST_FINISH) return waitFor(world, progress, wanted);
    const message = 'The CA was asked to sign, and has not told for a week what came of it';
    return { kind: 'refused', message };
  }
  if (progress.troubles + 1 < (progress.stage === 'place' ? TROUBLES_TO_PLACE : TROUBLES_TO_PROVE)) {
    return waitFor(world, { ...progress, placed: null }, wanted);
  }
  await withdrawAll(world, progress);
  return { kind: 'unavailable', message: `${hostOf(world)} cannot be reached, or does not answer as it should` };
}

/** Made anew with the same key by the next step. */
async function afterUnknownAccount(
  world: StepWorld,
  ask: IssueAsk,
  progress: Progress,
  error: AcmeError,
): Promise<IssueResult> {
  tell(world, ask, progress, error);
  // Where another process has made it anew meanwhile, the step is only repeated.
  if (progress.troubles > 0) await forgetAccountOf(world);
  if (progress.stage === 'finish' || progress.troubles === 0) return afterTrouble(world, ask, progress, error);
  return startOver(world, ask, progress);
}

async function forgetAccountOf(world: StepWorld): Promise<void> {
  const { store, settings } = world;
  const where = { issuer: settings.name, directoryUrl: settings.directory, retiredAt: null };
  const url = (await store.find('acmeAccounts', where))[0]?.accountUrl ?? null;
  if (url !== null) await forgetAccountUrl(world, url);
}

/** What only the operator can mend: the account, its agreement, the configuration. */
async function afterFault(world: StepWorld, ask: IssueAsk, progress: Progress, error: AcmeError): Promise<IssueResult> {
  tell(world, ask, progress, error);
  if (progress.stage === 'finish') return afterTrouble(world, ask, progress, error);
  await withdrawAll(world, progress);
  const message = `${hostOf(world)} does not work with this desk at present; its operator has been told`;
  return { kind: 'unavailable', message };
}

function waitFor(world: StepWorld, progress: Progress, until: Instant): IssueResult {
  const now = world.clock.now();
  const troubled = {
    ...progress,
    troubles: progress.troubles + 1,
    troubledSince: progress.troubledSince ?? now,
  };
  return { kind: 'waiting', at: now + spread(until - now, world.random), progress: written(troubled) };
}

function tell({ log, settings }: StepWorld, ask: IssueAsk, { stage, order }: Progress, error: AcmeError): void {
  const instance = error.problem?.instance ?? null;
  const details = {
    issuer: settings.name,
    request: ask.requestId,
    stage,
    order,
    ...(instance === null ? {} : { instance }),
  };
  log.warn(details, `ACME: ${error.message}`);
}
