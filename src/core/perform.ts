import type { Engine } from './parts.ts';
import { DeskError } from './errors.ts';
import { isAnsweredHere } from './challenge-answers.ts';
import { covers, isFresh, type Facts } from './facts.ts';
import { mayAnswerFor } from './hosting/trust.ts';
import type { Step } from './next-step.ts';
import type { CaaCheck, CaaContext, DomainCheck, IssueResult } from './ports.ts';
import type { Validation } from './records.ts';
import { issueAskOf } from './issue-ask.ts';
import { askDomainAgain, type AgainEffect } from './validate-again.ts';
import { endedBy, toldOfRevocation } from './settle.ts';

/** What a step that reached out has brought. */
export type Effect =
  | { of: 'check-domains'; results: { validation: Validation; check: DomainCheck }[] }
  | { of: 'check-caa'; results: { name: string; check: CaaCheck }[] }
  /** `chain`: certificates above the leaf, where it is put in place here. */
  | { of: 'issue'; result: IssueResult; chain: readonly Uint8Array[] }
  | { of: 'revoke-at-issuer' }
  | AgainEffect;

/** Reaches out to the world for one step. Changes nothing on record. */
export async function perform(engine: Engine, facts: Facts, step: Step): Promise<Effect> {
  switch (step.do) {
    case 'validate-again':
      return askDomainAgain(engine, facts, step.validation);
    case 'check-domains':
      return { of: step.do, results: await checkDomains(engine, step.validations) };
    case 'check-caa':
      return { of: step.do, results: await checkCaa(engine, facts, step.names) };
    case 'issue':
      return { of: step.do, ...(await issue(engine, facts)) };
    case 'revoke-at-issuer':
      await revokeAtIssuer(engine, facts);
      return { of: step.do };
    default:
      throw new Error(`Step ${step.do} does not reach out`);
  }
}

export function checkDomains(engine: Engine, validations: readonly Validation[]) {
  return Promise.all(
    validations.map(async (validation) => ({ validation, check: await checkDomain(engine, validation) })),
  );
}

/**
 * What the desk answers by itself proves something only as long as the account is believed to hold the name: asked at
 * each look, since somebody else may have claimed it meanwhile.
 */
async function checkDomain(engine: Engine, validation: Validation): Promise<DomainCheck> {
  const { challenges, accountId, domain } = validation;
  const now = engine.clock.now();
  if (isAnsweredHere(validation) && !(await mayAnswerFor(engine, accountId, domain))) {
    const message = `${domain} is claimed by somebody else too: prove it by its TXT record`;
    return { outcome: 'refused', message, evidence: { claimed: domain } };
  }
  const good = challenges.filter((one) => one.method === 'email' || one.until === undefined || one.until > now);
  if (good.length > 0) return engine.domains.check(good);
  return { outcome: 'not-found', message: 'The random value has expired; ask for a new one', evidence: {} };
}

/** RFC 8657: whoever asks, and how the name was validated, may matter. */
function checkCaa(engine: Engine, facts: Facts, names: readonly string[]) {
  const since = engine.rules.domainProofSince(engine.clock.now());
  const accountUri = engine.accountUri?.(facts.request.accountId);
  const contextOf = (name: string): CaaContext => {
    const proof = facts.validations.find((one) => isFresh(one, since) && covers(one, name));
    return {
      ...(proof === undefined ? {} : { method: proof.method }),
      ...(accountUri === undefined ? {} : { accountUri }),
    };
  };
  return Promise.all(names.map(async (name) => ({ name, check: await engine.domains.caa(name, contextOf(name)) })));
}

async function issue(engine: Engine, facts: Facts): Promise<{ result: IssueResult; chain: readonly Uint8Array[] }> {
  const { issuance } = facts;
  const issuer = issuance === null ? undefined : engine.issuers.get(issuance.issuer);
  if (issuance === null || issuer === undefined) {
    throw new DeskError(
      'issuer-unavailable',
      `Issuer ${issuance?.issuer} is not configured; add it or cancel the request`,
    );
  }
  const result = await issuer.issue(issueAskOf(facts, issuer.name, issuance.preparedAt, engine.rules), issuance);
  const isInstalled = result.kind === 'issued' && facts.request.installOn !== null;
  return { result, chain: isInstalled ? await issuer.chain(result.certificate) : [] };
}

async function revokeAtIssuer(engine: Engine, facts: Facts): Promise<void> {
  for (const certificate of endedBy(facts).filter((one) => toldOfRevocation(one, engine.issuers))) {
    const issuer = engine.issuers.get(certificate.issuer);
    if (issuer?.revoke === undefined) {
      const message = `Issuer ${certificate.issuer} is not configured; add it, so that it is told of the revocation`;
      throw new DeskError('issuer-unavailable', message);
    }
    await issuer.revoke(certificate.der, facts.request.revocationReason);
  }
}
