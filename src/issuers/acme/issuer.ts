import { DeskError } from '../../core/errors.ts';
import type { Issuer, RenewalAdvice } from '../../core/ports.ts';
import type { RevocationReason } from '../../core/records.ts';
import { DAY, HOUR, MINUTE } from '../../core/time.ts';
import { readChain } from './chains.ts';
import { createAcmeClient } from './client.ts';
import { limitsOf } from './limits.ts';
import { objectionTo } from './objection.ts';
import { createPlaces } from './places.ts';
import { AcmeError, verdictOf } from './problems.ts';
import { certIdOf } from './renewal-info.ts';
import type { AcmeParts } from './settings.ts';
import { accountOf, hostOf, type StepWorld } from './step.ts';
import { takeStep } from './take-step.ts';
import { createTransport } from './transport.ts';

/** An issuer whose certificates come from a CA outside, over ACME (RFC 8555). */
export function createAcmeIssuer(parts: AcmeParts): Issuer {
  const world = openAcme(parts);
  const { settings, store } = parts;
  return {
    name: settings.name,
    outside: true,
    objection: (ask) => objectionTo(ask, settings),
    prepare: () => ({ serial: null, tbs: null, notBefore: null, notAfter: null, progress: null }),
    issue: (ask, issuance) => takeStep(world, ask, issuance),
    chain: (leaf) => readChain(store, leaf),
    crlShard: () => null,
    revoke: (certificate, reason) => revoke(world, certificate, reason),
    renewalHint: (certificate) => renewalHint(world, certificate),
  };
}

/** All that works with one CA; the command line uses it too. */
export function openAcme(parts: AcmeParts): StepWorld {
  const { settings, store, clock, random, registrableDomain } = parts;
  const transport = createTransport(settings, parts.fetch, clock);
  return {
    ...parts,
    transport,
    client: createAcmeClient(settings, transport),
    places: createPlaces(store, clock, random),
    openedAt: clock.now(),
    counted: {
      limits: limitsOf(settings.directory, settings.limits),
      name: settings.name,
      origin: new URL(settings.directory).origin,
      registrableDomain,
    },
  };
}

/** RFC 5280 §5.3.1. */
const REASON_CODES: Readonly<Record<RevocationReason, number>> = {
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
};

/** RFC 8555 §7.6, signed by the account. A reason that the CA does not take is left out. */
async function revoke(world: StepWorld, certificate: Uint8Array, reason: RevocationReason | null): Promise<void> {
  try {
    const account = await accountOf(world);
    try {
      await world.client.revoke(account, certificate, reason === null ? null : REASON_CODES[reason]);
    } catch (error) {
      if (!(error instanceof AcmeError && error.problem?.type === 'badRevocationReason')) throw error;
      await world.client.revoke(account, certificate, null);
    }
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    if (verdictOf(error) === 'done') return;
    throw unavailable(world, error, 'The revocation');
  }
}

const SOONEST_QUESTION = 5 * MINUTE;
const LATEST_QUESTION = DAY;
const USUAL_QUESTION = 6 * HOUR;

/** RFC 9773 §4. */
async function renewalHint(world: StepWorld, certificate: Uint8Array): Promise<RenewalAdvice | null> {
  const certId = certIdOf(certificate);
  if (certId === null) return null;
  try {
    const info = await world.client.renewalInfo(certId);
    if (info === null) return null;
    const now = world.clock.now();
    // §4.3.2: within reasonable limits, whatever the CA says; a desk has many certificates.
    const wait = Math.min(Math.max((info.retryAt ?? now + USUAL_QUESTION) - now, SOONEST_QUESTION), LATEST_QUESTION);
    return { ...info.object, checkAgainAt: now + wait };
  } catch (error) {
    if (error instanceof AcmeError) throw unavailable(world, error, 'Renewal information');
    throw error;
  }
}

function unavailable(world: StepWorld, error: AcmeError, what: string): DeskError {
  const retryAt = error.retryAt;
  const now = world.clock.now();
  world.log.warn({ issuer: world.settings.name }, `ACME: ${error.message}`);
  return new DeskError('issuer-unavailable', `${what} was not taken by ${hostOf(world)}`, {
    cause: error,
    ...(retryAt === null ? {} : { retryAfter: Math.max(Math.ceil((retryAt - now) / 1_000), 0) }),
  });
}
