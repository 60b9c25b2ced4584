import { advanceKey, writeFacts } from './write-facts.ts';
import type { Facts, Known } from './facts.ts';
import { isResting, nextStep, type Step } from './next-step.ts';
import { perform, type Effect } from './perform.ts';
import type { Engine } from './parts.ts';
import type { Kind, Job } from './records.ts';
import { settle, stepWorld, type Settled, type SettleWorld } from './settle.ts';
import { installIssued } from './hosting/install.ts';
import { expectHint } from './renewal-hints.ts';
import { takeLaterProofs } from './later-proofs.ts';
import { loadFacts } from './load-facts.ts';
import { applyEffect } from './apply-effect.ts';
import { DeskError } from './errors.ts';
import type { Unit } from './store.ts';
import { SECOND } from './time.ts';

const HOLD = 30 * SECOND;
/** Rounds of a call that meets others on the same records, before it leaves the rest to the job. */
const TRIES = 3;

export function settleWorld(engine: Engine, unit: Unit): SettleWorld {
  const { rules, catalogue, issuers, pki } = engine;
  return { now: engine.clock.now(), rules, catalogue, issuers, pki, newId: (kind: Kind) => unit.newId(kind) };
}

/** Who takes the step after a write: this call, the job that is running, or the next free job runner. */
export type NextBy = 'call' | 'job' | 'runner';

/** Writes a settled request for `actor`. */
export function write(
  engine: Engine,
  unit: Unit,
  before: Facts | Known,
  settled: Settled,
  actor: string,
  by: NextBy,
): Promise<Facts> {
  const now = engine.clock.now();
  return writeFacts(unit, before, settled, {
    now,
    actor,
    next: by === 'call' ? { by, until: now + (engine.hold ?? HOLD) } : { by },
  });
}

/**
 * Takes a request as far as it goes now: one step that reaches out, then one transaction that stores what it
 * brought and takes the local steps after it, again and again until the request rests. Each round may be repeated
 * after a crash.
 * @throws DeskError `issuer-unavailable`, `conflict`, and what the network or database throws; the request's job
 * tries again.
 */
export async function advance(engine: Engine, start: Facts, by: NextBy): Promise<{ facts: Facts; step: Step }> {
  let facts = start;
  for (;;) {
    const world = stepWorld(facts, { now: engine.clock.now(), rules: engine.rules, issuers: engine.issuers });
    const step = nextStep(facts, world);
    if (isResting(step) || isForJob(step, by)) return { facts, step };
    const effect = await perform(engine, facts, step);
    facts = await engine.store.transact((unit) => storeEffect(engine, unit, facts, effect, by));
  }
}

/** A client does not wait for a CA outside. */
function isForJob(step: Step, by: NextBy): boolean {
  return by === 'call' && step.do === 'issue' && step.outside;
}

async function storeEffect(engine: Engine, unit: Unit, before: Facts, effect: Effect, by: NextBy): Promise<Facts> {
  const world = settleWorld(engine, unit);
  const applied = await applyEffect(unit, before, effect, world);
  const settled = settle(applied.facts, world);
  const happenings = [...applied.happenings, ...settled.happenings];
  const facts = await write(engine, unit, before, { ...settled, happenings }, 'system', by);
  if (effect.of === 'issue') expectHint(engine, unit, facts, world.now);
  if (effect.of === 'issue') await installIssued(unit, facts, effect.chain, world.now);
  return facts;
}

/**
 * Goes on within a call whose request is safely on record. Where the issuer is away or somebody else is faster, the
 * call answers with the request as it stands, and the request's job takes over. Somebody faster shows as `conflict`,
 * or as `already-exists` where the database looks at the certificate's id before the request's version.
 */
export async function advanceWithinCall(engine: Engine, start: Facts): Promise<Facts> {
  let facts = start;
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      return (await advance(engine, facts, 'call')).facts;
    } catch (error) {
      if (!(error instanceof DeskError) || !['issuer-unavailable', 'conflict', 'already-exists'].includes(error.kind))
        throw error;
      facts = (await loadFacts(engine, engine.store, facts.request.id)) ?? facts;
      if (error.kind === 'issuer-unavailable') return facts;
    }
  }
  return facts;
}

/** The job `advance`: wakes a request whose time has come or whose process died. */
export async function advanceJob(engine: Engine, job: Job): Promise<{ runAgainAt?: number }> {
  const requestId = Number(job.payload['requestId']);
  const settled = await engine.store.transact(async (unit) => {
    const before = await loadFacts(engine, unit, requestId);
    if (before === null) return null;
    const proved = await takeLaterProofs(engine, unit, before);
    const settled = settle(proved.facts, settleWorld(engine, unit));
    const happenings = [...proved.happenings, ...settled.happenings];
    return write(engine, unit, before, { ...settled, happenings }, 'system', 'job');
  });
  if (settled === null) return {};
  const { step } = await advance(engine, settled, 'job');
  return step.do === 'wait' ? { runAgainAt: step.until } : {};
}

/** Wakes a request: its job becomes due now. */
export async function wakeRequest(engine: Engine, unit: Unit, requestId: number): Promise<void> {
  const key = advanceKey(requestId);
  await unit.enqueue({ kind: 'advance', key, payload: { requestId }, runAt: engine.clock.now() });
}
