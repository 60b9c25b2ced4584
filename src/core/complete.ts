import type { Facts } from './facts.ts';
import type { IssueResult } from './ports.ts';
import type { Billable, Certificate, CertificateRequest, Charge, Order, Subject } from './records.ts';
import { firstTermEnd } from './issue-ask.ts';
import { moveTo, settleCharge, type Happening, type SettleWorld } from './settle.ts';
import { transition } from './states.ts';
import { SECOND, type Instant } from './time.ts';

type Issued = Extract<IssueResult, { kind: 'issued' }>;

/** The signed certificate on record: the request is complete, the order runs, the charge is taken. */
export function complete(facts: Facts, issued: Issued, world: SettleWorld, happenings: Happening[]): Facts {
  const { request, order, issuance } = facts;
  if (order === null || issuance === null) throw new Error(`Request ${request.id} has no issuance to complete`);
  const endsAt = order.endsAt ?? firstTermEnd(order, facts, world.now);
  const certificate = certificateOf(request, order, issuance.issuer, issued, endsAt, world);
  const { serial, fingerprint } = certificate;
  happenings.push({
    action: 'certificate.issued',
    target: `certificate:${certificate.id}`,
    details: { serial, request: request.id, fingerprint },
    notify: { kind: 'certificate-issued', message: `The certificate for ${request.commonName} was issued` },
  });
  return {
    ...facts,
    certificate,
    issuance: { ...issuance, state: 'signed' },
    request: { ...moveTo(request, 'completed', world.now), detail: null },
    order: standFor(
      order.state === 'active' ? growOrder(order, facts.charge) : startOrder(order, certificate.notBefore, endsAt),
      certificate,
      request,
    ),
    charge: settleCharge(facts.charge, 'captured', world.now),
    target: replaceTarget(facts),
  };
}

function certificateOf(
  request: CertificateRequest,
  order: Order,
  issuerName: string,
  issued: Issued,
  endsAt: Instant,
  world: SettleWorld,
): Certificate {
  const { serial, notBefore, notAfter, keyAlgorithm, keyBits, spkiHash, fingerprint, sha1 } =
    issued.data ?? world.pki.readCertificate(issued.certificate);
  const { subject } = request;
  return {
    id: request.id,
    accountId: request.accountId,
    orderId: order.id,
    requestId: request.id,
    product: request.product,
    issuer: issuerName,
    state: 'active',
    commonName: request.commonName,
    names: request.names,
    ...subjectColumns(subject, subject.registrationNumber ?? null),
    serial,
    notBefore,
    notAfter,
    subscriptionEndsAt: endsAt > notAfter + SECOND ? endsAt : null,
    keyAlgorithm,
    keyBits,
    spkiHash,
    fingerprint,
    sha1,
    der: issued.certificate,
    crlShard: world.issuers.get(issuerName)?.crlShard(serial) ?? null,
    revokedAt: null,
    revocationReason: null,
    archivedAt: null,
    createdAt: world.now,
  };
}

/** The subject as a certificate's record holds it. */
export function subjectColumns(subject: Subject, registrationNumber: string | null) {
  return {
    organization: subject.organization ?? null,
    department: subject.department ?? null,
    street: subject.street ?? null,
    postalCode: subject.postalCode ?? null,
    locality: subject.locality ?? null,
    province: subject.state ?? null,
    country: subject.country ?? null,
    registrationNumber,
  };
}

function startOrder(order: Order, startsAt: Instant, endsAt: Instant): Order {
  return { ...order, state: transition('order', order.state, 'active'), startsAt, endsAt };
}

/** A duplicate changes nothing of what the order stands for. */
function standFor(order: Order, { notAfter }: Certificate, { kind }: CertificateRequest): Order {
  if (kind === 'duplicate' || order.certificateEndsAt === notAfter) return order;
  return { ...order, certificateEndsAt: notAfter };
}

/** Names that a reissue paid for stay paid for. */
function growOrder(order: Order, charge: Charge | null): Order {
  if (charge === null) return order;
  const bought = (action: Billable['action']): number =>
    charge.billables.reduce((sum, line) => sum + (line.action === action ? line.quantity : 0), 0);
  return {
    ...order,
    extraDomains: order.extraDomains + bought('extra-domain'),
    extraWildcards: order.extraWildcards + bought('extra-wildcard'),
  };
}

function replaceTarget(facts: Facts) {
  const { target, request } = facts;
  if (target === null || target.state !== 'active') return target;
  if (request.kind === 'reissue') return { ...target, state: transition('certificate', target.state, 'reissued') };
  if (request.kind === 'renew') return { ...target, state: transition('certificate', target.state, 'renewed') };
  return target;
}
