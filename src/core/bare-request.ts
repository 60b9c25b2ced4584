import type { Actor } from './desk.ts';
import type { Facts } from './facts.ts';
import type { CertificateRequest } from './records.ts';
import type { Instant } from './time.ts';

/** A request that orders nothing: its dialect, asker and times, all else empty. */
export function bareRequest(
  actor: Actor,
  kind: 'revoke' | 'import',
  dialect: string,
  extra: Record<string, unknown>,
  id: number,
  now: Instant,
): CertificateRequest {
  return {
    id,
    accountId: actor.accountId,
    orderId: null,
    kind,
    state: 'waiting',
    detail: null,
    dialect,
    requestedBy: nameOf(actor),
    product: 'imported',
    commonName: '',
    names: [],
    subject: {},
    contact: null,
    language: null,
    certificateId: null,
    revocationReason: null,
    validity: null,
    wishes: null,
    csr: null,
    spkiHash: null,
    twinKey: null,
    checks: {},
    extra,
    version: 0,
    createdAt: now,
    updatedAt: now,
    startedAt: now,
    triedIssuers: null,
    installOn: null,
  };
}

export function bareFacts(request: CertificateRequest): Facts {
  return {
    request,
    order: null,
    product: null,
    validations: [],
    caa: [],
    organization: null,
    charge: null,
    issuance: null,
    certificate: null,
    target: null,
    others: [],
    endsOrder: false,
    approval: null,
    spki: null,
    mustStaple: false,
    keyKeptHere: false,
  };
}

/** Who acts, as the audit trail shows it: `handle/user`, or `system` for what goes on by itself. */
export function nameOf(actor: Actor): string {
  return actor.handle === '' ? actor.userName : `${actor.handle}/${actor.userName}`;
}
