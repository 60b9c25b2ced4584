import type { DomainCheck, DomainControl } from '../core/ports.ts';
import type { Challenge } from '../core/records.ts';
import type { Clock, Timers } from '../core/time.ts';
import type { AddressGuard } from './address-guard.ts';
import { checkCaa } from './caa.ts';
import { checkDns } from './dns-check.ts';
import { checkHttp, type HttpCheckOptions } from './http-check.ts';
import type { Resolver } from './resolver.ts';
import { systemTimers } from './system.ts';

export interface DomainControlOptions {
  resolver: Resolver;
  guard: AddressGuard;
  /** Names by which this CA is meant in CAA records. */
  caIdentifiers: readonly string[];
  clock: Clock;
  timers?: Timers;
  http?: HttpCheckOptions;
  /** URI for RFC 8657 `accounturi`, where the call names none. */
  accountUri?: string;
}

/** What says most about a validation that did not pass, first. */
const TELLING: readonly DomainCheck['outcome'][] = ['mismatch', 'refused', 'unreachable', 'not-found'];

/** Domain control validation and CAA over the given resolver; the port of core/ports.ts. */
export function createDomainControl(options: DomainControlOptions): DomainControl {
  const tools = {
    resolver: options.resolver,
    guard: options.guard,
    clock: options.clock,
    timers: options.timers ?? systemTimers,
  };

  async function checkOne(challenge: Exclude<Challenge, { method: 'email' }>): Promise<DomainCheck> {
    if (challenge.method === 'dns') return await checkDns(challenge, options.resolver);
    return await checkHttp(challenge, options.http ?? {}, tools);
  }

  async function check(challenges: readonly Challenge[]): Promise<DomainCheck> {
    const failures: DomainCheck[] = [];
    for (const challenge of challenges) {
      if (challenge.method === 'email') continue;
      const result = await checkOne(challenge);
      if (result.outcome === 'passed') return withAttempts(result, [...failures, result]);
      failures.push(result);
    }
    const worst = failures.toSorted((a, b) => TELLING.indexOf(a.outcome) - TELLING.indexOf(b.outcome))[0];
    if (worst !== undefined) return withAttempts(worst, failures);
    return { outcome: 'not-found', message: 'There is nothing to look up; the answer comes by e-mail', evidence: {} };
  }

  return {
    check,
    caa: (name, context) => checkCaa(name, options, context),
  };
}

/** The evidence of every challenge that was tried, not of the telling one alone. */
function withAttempts(result: DomainCheck, all: readonly DomainCheck[]): DomainCheck {
  if (all.length === 1) return result;
  const tried = all.map(({ outcome, message, evidence }) => ({ outcome, message, evidence }));
  return { ...result, evidence: { tried } };
}
