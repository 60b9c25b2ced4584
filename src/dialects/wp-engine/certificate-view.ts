import type { Actor } from '../../core/desk.ts';
import type { Certificate, CertificateRequest, OrderDetails } from '../../core/records.ts';
import { isWildcard } from '../../core/names.ts';
import { type DomainState, isOpen } from './domain-state.ts';

/** A certificate as this API tells it; moments in RFC 3339. */

export function installedView(actor: Actor, { certificate, origin, details }: DomainState, now: number) {
  if (certificate === null) return null;
  const { id, commonName, names, createdAt, notAfter, revokedAt, serial, orderId } = certificate;
  const carried = orderId === null ? undefined : details.get(orderId);
  return {
    ...head(actor, id, origin, carried),
    common_name: commonName,
    ...(revokedAt === null ? {} : { cancel_time: time(revokedAt) }),
    cert_source: orderId === null ? 'THIRD_PARTY' : 'LETS_ENCRYPT',
    ordered_time: time(origin?.createdAt ?? createdAt),
    wildcard: names.some(isWildcard),
    domains: names,
    status: stateOfCertificate(certificate, now),
    approved_time: time(createdAt),
    expires_time: time(notAfter),
    serial_number: serial,
  };
}

function stateOfCertificate({ state, notAfter }: Certificate, now: number): string {
  if (state === 'revoked') return 'CANCELED';
  return state === 'expired' || notAfter <= now ? 'EXPIRED' : 'ENABLED';
}

/** What is ordered and not there yet, or did not come about; null where the order has brought its certificate. */
export function orderedView(actor: Actor, { request, validations, details }: DomainState) {
  if (request === null || request.state === 'completed') return null;
  const { id, commonName, names, createdAt, updatedAt, orderId, state } = request;
  const carried = orderId === null ? undefined : details.get(orderId);
  const [challenge] = validations.flatMap(({ challenges }) => challenges);
  return {
    ...head(actor, id, request, carried),
    ...(challenge?.method === 'http' ? { auth_file: challenge.path } : {}),
    common_name: commonName,
    ...(isOpen(request) ? {} : { cancel_time: time(updatedAt) }),
    cert_source: 'LETS_ENCRYPT',
    ordered_time: time(createdAt),
    wildcard: names.some(isWildcard),
    domains: names,
    status: isOpen(request) ? 'SUBMITTED' : state === 'cancelled' ? 'CANCELED' : 'REJECTED',
  };
}

function head(actor: Actor, id: number, request: CertificateRequest | null, details: OrderDetails | undefined) {
  const email = request?.contact?.email;
  return {
    id,
    account: actor.handle,
    auto_renew: details?.autoRenew === true,
    ...(email === undefined ? {} : { approver_email: email }),
  };
}

function time(at: number): string {
  return new Date(at).toISOString();
}
