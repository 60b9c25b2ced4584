import type { Facts } from './facts.ts';
import type { IssueAsk } from './ports.ts';
import type { Certificate, CertificateRequest, Order, Validity } from './records.ts';
import type { Rules } from './rules.ts';
import { addMonths, DAY, type Instant } from './time.ts';

/** What an ask to an issuer follows from: the facts of a request, or a placement before there are any. */
export interface Asked extends Pick<Facts, 'product' | 'target' | 'spki' | 'mustStaple'> {
  request: Pick<CertificateRequest, 'id' | 'kind' | 'commonName' | 'names' | 'subject' | 'csr' | 'validity' | 'wishes'>;
  order: Pick<Order, 'periodMonths' | 'endsAt'> | null;
}

/** What one issuer is asked for. */
export function issueAskOf(asked: Asked, issuer: string, now: Instant, rules: Rules): IssueAsk {
  const { request, order, product, spki } = asked;
  if (order === null || product === null || spki === null)
    throw new Error(`Request ${request.id} asks for no certificate`);
  return {
    requestId: request.id,
    level: product.level,
    commonName: request.commonName,
    names: request.names,
    subject: request.subject,
    spki,
    csr: request.csr ?? new Uint8Array(),
    replaces: replacedBy(asked, issuer)?.der ?? null,
    notAfterAtMost: Math.min(order.endsAt ?? firstTermEnd(order, asked, now), wantedEnd(request.validity, now)),
    longestValidity: rules.longestValidity(now),
    mustStaple: asked.mustStaple || request.wishes?.extras.includes('must-staple') === true,
    privateNames: product.privateNames === true,
    wishes: request.wishes,
  };
}

/**
 * The issuer's own certificate that the new one takes the place of, as long as nothing else has (RFC 9773 §5). A
 * duplicate takes nobody's place.
 */
function replacedBy({ request, target }: Asked, issuer: string): Certificate | null {
  if (target === null || target.issuer !== issuer) return null;
  if (request.kind !== 'reissue' && request.kind !== 'renew') return null;
  return target.state === 'reissued' || target.state === 'renewed' ? null : target;
}

function wantedEnd(validity: Validity | null, now: Instant): Instant {
  if (validity === null) return Number.POSITIVE_INFINITY;
  return 'days' in validity ? now + validity.days * DAY : validity.until;
}

/** A renewal inside the window keeps what is left of the term before it. */
export function firstTermEnd(
  order: Pick<Order, 'periodMonths'>,
  asked: Pick<Asked, 'request' | 'product' | 'target'>,
  now: Instant,
): Instant {
  const before = asked.request.kind === 'renew' ? keptUntil(asked, now) : now;
  return addMonths(before, order.periodMonths);
}

function keptUntil({ target, product }: Pick<Asked, 'product' | 'target'>, now: Instant): Instant {
  const oldEnd = target?.subscriptionEndsAt ?? target?.notAfter ?? now;
  const window = (product?.renewalWindowDays ?? 0) * DAY;
  return oldEnd > now && oldEnd - now <= window ? oldEnd : now;
}
