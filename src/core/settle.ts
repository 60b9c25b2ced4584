import { DeskError } from './errors.ts';
import type { Facts } from './facts.ts';
import { choiceOf, noteSkipped, passOver, restIssuers } from './fail-over.ts';
import { issueAskOf } from './issue-ask.ts';
import { isLocal, nextStep, openChecks, type Step, type StepWorld } from './next-step.ts';
import type { Issuer, PkiTools, PreparedIssuance } from './ports.ts';
import type { Catalogue } from './products.ts';
import type {
  Certificate,
  CertificateRequest,
  Charge,
  Issuance,
  Kind,
  NotificationKind,
  Order,
  Validation,
} from './records.ts';
import type { Rules } from './rules.ts';
import { isFinal, transition } from './states.ts';
import type { Instant } from './time.ts';

/** What settling needs: nothing that reaches out. */
export interface SettleWorld {
  now: Instant;
  rules: Rules;
  catalogue: Catalogue;
  issuers: ReadonlyMap<string, Issuer>;
  pki: PkiTools;
  newId(kind: Kind): number;
}

/** Something that happened, for the audit trail and perhaps for the account. */
export interface Happening {
  action: string;
  target: string;
  details: Record<string, unknown>;
  notify?: { kind: NotificationKind; message: string };
}

/** A request after all steps that need nobody else. */
export interface Settled {
  facts: Facts;
  /** The first step that could not be taken here. */
  step: Step;
  happenings: Happening[];
}

/** The certificates that a revocation ends. */
export function endedBy({ target, others }: Facts): readonly Certificate[] {
  return target === null ? others : [target, ...others];
}

/**
 * Whether somebody outside has to be told of a certificate's revocation: its issuer, or one that is not configured any
 * more. An imported certificate is revoked on record alone.
 */
export function toldOfRevocation({ issuer: name }: Certificate, issuers: ReadonlyMap<string, Issuer>): boolean {
  if (name.startsWith('import:')) return false;
  const issuer = issuers.get(name);
  return issuer === undefined || issuer.revoke !== undefined;
}

/** Takes local steps until one must wait or reach out. Pure but for ids and the serial that the issuer draws. */
export function settle(start: Facts, world: SettleWorld): Settled {
  let facts = noteOrganization(start, world);
  const happenings: Happening[] = [];
  for (;;) {
    const step = nextStep(facts, stepWorld(facts, world));
    if (!isLocal(step)) return { facts: rest(facts, step, world.now), step, happenings };
    facts = takeLocalStep(facts, step, world, happenings);
  }
}

/** The vetting of the organization belongs to the organization; the request shows it. */
function noteOrganization(facts: Facts, world: SettleWorld): Facts {
  const { request, product } = facts;
  if (isFinal('request', request.state) || !product?.checks.includes('organization')) return facts;
  const state = openChecks(facts, world.now, world.rules).includes('organization') ? 'waiting' : 'passed';
  if (request.checks.organization === state) return facts;
  return { ...facts, request: { ...request, checks: { ...request.checks, organization: state } } };
}

export function stepWorld(facts: Facts, world: Pick<SettleWorld, 'now' | 'rules' | 'issuers'>): StepWorld {
  const { now, rules, issuers } = world;
  const { kind } = facts.request;
  const issuerRevokes = kind === 'revoke' && endedBy(facts).some((one) => toldOfRevocation(one, issuers));
  return { now, rules, issuerRevokes, choice: choiceOf(facts, world) };
}

function takeLocalStep(facts: Facts, step: Step, world: SettleWorld, happenings: Happening[]): Facts {
  switch (step.do) {
    case 'fail':
      return fail(facts, step.detail, world.now, happenings);
    case 'abandon-issuance':
      return { ...facts, issuance: null };
    case 'prepare':
      return prepare(facts, world, happenings);
    case 'rest-issuers':
      return restIssuers(facts, world.now);
    case 'record-revocation':
      return recordRevocation(facts, world.now, happenings);
    default:
      throw new Error(`Step ${step.do} is not local`);
  }
}

type Ending = 'failed' | 'cancelled' | 'rejected';

/** Ends a request that cannot succeed: nothing stays charged, nothing stays open. */
export function fail(facts: Facts, detail: string, now: Instant, happenings: Happening[]): Facts {
  happenings.push({
    action: 'request.failed',
    target: `request:${facts.request.id}`,
    details: { detail },
    notify: { kind: 'request-failed', message: detail },
  });
  return close(facts, 'failed', detail, now);
}

export function cancel(facts: Facts, note: string | null, now: Instant, happenings: Happening[]): Facts {
  const detail = note ?? 'Cancelled';
  happenings.push({
    action: 'request.cancelled',
    target: `request:${facts.request.id}`,
    details: note === null ? {} : { note },
    notify: { kind: 'request-cancelled', message: detail },
  });
  return close(facts, 'cancelled', detail, now);
}

/** A person's no. */
export function reject(facts: Facts, detail: string, now: Instant, happenings: Happening[]): Facts {
  happenings.push({
    action: 'request.rejected',
    target: `request:${facts.request.id}`,
    details: { detail },
    notify: { kind: 'request-rejected', message: detail },
  });
  return close(facts, 'rejected', detail, now);
}

function close(facts: Facts, state: Ending, detail: string, now: Instant): Facts {
  return {
    ...facts,
    request: { ...facts.request, state: transition('request', facts.request.state, state), detail, updatedAt: now },
    order: closeOrder(facts.order, state),
    charge: settleCharge(facts.charge, 'released', now),
    validations: facts.validations.map(closeValidation),
  };
}

/** Only an order that never brought a certificate ends with its request. */
function closeOrder(order: Order | null, state: Ending): Order | null {
  if (order === null || order.state !== 'pending') return order;
  return { ...order, state: transition('order', order.state, state) };
}

function closeValidation(validation: Validation): Validation {
  if (isFinal('validation', validation.state)) return validation;
  return { ...validation, state: transition('validation', validation.state, 'cancelled'), nextAttemptAt: null };
}

/** The charge taken or given back, where it still is open. */
export function settleCharge(charge: Charge | null, state: 'captured' | 'released', now: Instant): Charge | null {
  if (charge === null || isFinal('charge', charge.state)) return charge;
  return { ...charge, state: transition('charge', charge.state, state), settledAt: now };
}

/** Puts serial and to-be-signed bytes on record; the signature comes after the commit. */
function prepare(facts: Facts, world: SettleWorld, happenings: Happening[]): Facts {
  const { issuer, skipped } = choiceOf(facts, world);
  if (issuer === null) throw new Error(`Nobody is left to issue for request ${facts.request.id}`);
  noteSkipped(facts, skipped, happenings);
  let prepared: PreparedIssuance;
  try {
    prepared = issuer.prepare(issueAskOf(facts, issuer.name, world.now, world.rules), world.now);
  } catch (error) {
    if (!(error instanceof DeskError) || error.kind !== 'issuer-unavailable') throw error;
    return passOver(facts, issuer.name, { kind: 'unavailable', message: error.message }, world.now, happenings);
  }
  const issuance: Issuance = {
    id: world.newId('issuances'),
    requestId: facts.request.id,
    issuer: issuer.name,
    ...prepared,
    preparedAt: world.now,
    state: 'prepared',
  };
  return { ...facts, issuance, request: moveTo(facts.request, 'issuing', world.now) };
}

export function recordRevocation(facts: Facts, now: Instant, happenings: Happening[]): Facts {
  const { revocationReason: reason } = facts.request;
  const end = (certificate: Certificate): Certificate => {
    happenings.push({
      action: 'certificate.revoked',
      target: `certificate:${certificate.id}`,
      details: { serial: certificate.serial, reason },
      notify: { kind: 'certificate-revoked', message: `The certificate for ${certificate.commonName} was revoked` },
    });
    const state = transition('certificate', certificate.state, 'revoked');
    return { ...certificate, state, revokedAt: now, revocationReason: reason };
  };
  const { order } = facts;
  const ends = facts.endsOrder && order?.state === 'active';
  return {
    ...facts,
    target: facts.target === null ? null : end(facts.target),
    others: facts.others.map(end),
    order: ends ? { ...order, state: transition('order', order.state, 'ended') } : order,
    request: { ...moveTo(facts.request, 'completed', now), detail: null },
  };
}

/** The request in another state, its times kept. */
export function moveTo(request: CertificateRequest, state: 'issuing' | 'completed', now: Instant): CertificateRequest {
  if (request.state === state) return request;
  return {
    ...request,
    state: transition('request', request.state, state),
    updatedAt: now,
    startedAt: request.startedAt ?? now,
  };
}

/** What a resting request shows to people. */
function rest(facts: Facts, step: Step, now: Instant): Facts {
  const { request } = facts;
  if (step.do !== 'wait') return facts;
  const state =
    request.state === 'issuing' && facts.issuance === null
      ? transition('request', request.state, 'waiting')
      : request.state;
  if (request.detail === step.detail && request.state === state) return facts;
  return {
    ...facts,
    request: { ...request, state, detail: step.detail, updatedAt: now, startedAt: request.startedAt ?? now },
  };
}
