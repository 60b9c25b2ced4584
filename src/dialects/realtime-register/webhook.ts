import { createHmac } from 'node:crypto';
import type { Catalogue } from '../../core/products.ts';
import type { Certificate, CertificateRequest, Notification, NotificationKind, RequestKind } from '../../core/records.ts';
import { BRAND, codeFor, VALIDATION_TYPES } from './products.ts';
import { formatTimestamp } from './timestamps.ts';

/** What is shown beside the notification itself. */
export interface NotificationContext {
  /** Handle of the account. */
  handle: string;
  catalogue: Catalogue;
  request: CertificateRequest | null;
  certificate: Certificate | null;
}

type SubjectStatus = 'OK' | 'PENDING' | 'COMPLETED' | 'WARNING' | 'FAILED';

const SUBJECT_STATUS: Readonly<Record<NotificationKind, SubjectStatus>> = {
  'certificate-issued': 'COMPLETED',
  'request-failed': 'FAILED',
  'request-cancelled': 'FAILED',
  'request-needs-attention': 'WARNING',
  'certificate-revoked': 'COMPLETED',
  'certificate-expiring': 'WARNING',
};

/** Only the first of these names is confirmed by the vendor's own sources. */
const EVENT_OF: Readonly<Record<RequestKind, string>> = {
  new: 'RequestCertificateEvent',
  renew: 'RenewCertificateEvent',
  reissue: 'ReissueCertificateEvent',
  duplicate: 'ReissueCertificateEvent',
  revoke: 'RevokeCertificateEvent',
  import: 'ImportCertificateEvent',
};

/** A notification as the vendor shows and pushes it. A webhook's body leaves out `acknowledgeDate`, which is absent then. */
export function renderNotification(notification: Notification, context: NotificationContext): Record<string, unknown> {
  const { request } = context;
  const expiring = notification.kind === 'certificate-expiring';
  return {
    id: notification.id,
    eventType: expiring ? 'SSLCertificateExpiryReportEvent' : EVENT_OF[request?.kind ?? 'new'],
    notificationType: expiring ? 'SSLCertificateExpiryReportNotification' : 'SSLCertificateNotification',
    fireDate: formatTimestamp(notification.firedAt),
    ...date('readDate', notification.readAt),
    ...date('acknowledgeDate', notification.acknowledgedAt),
    ...date('deliveryDate', notification.deliveredAt),
    message: notification.message,
    ...(notification.kind === 'request-failed' ? { reason: notification.message } : {}),
    customer: context.handle,
    ...(notification.requestId === null ? {} : { process: notification.requestId }),
    isAsync: true,
    ...(request === null ? {} : { processType: 'certificate', processIdentifier: request.commonName }),
    subjectStatus: SUBJECT_STATUS[notification.kind],
    ...(request?.detail ? { statusDetail: request.detail } : {}),
    ...subjectOf(notification, context),
    ...(expiring ? expiryWindow(notification, context.certificate) : {}),
  };
}

function date(name: string, at: number | null): Record<string, string> {
  return at === null ? {} : { [name]: formatTimestamp(at) };
}

function subjectOf(notification: Notification, { request, certificate, catalogue }: NotificationContext) {
  const product = catalogue.get(request?.product ?? certificate?.product ?? '');
  const orderId = request?.orderId ?? certificate?.orderId ?? null;
  const domainName = request?.commonName ?? certificate?.commonName;
  return {
    ...(product === undefined ? {} : { validationType: VALIDATION_TYPES[product.level], product: codeFor(product) }),
    provider: BRAND,
    ...(orderId === null ? {} : { providerId: String(orderId) }),
    ...(domainName === undefined ? {} : { domainName }),
    ...(notification.certificateId === null ? {} : { certificateId: notification.certificateId }),
    ...(certificate === null ? {} : { expiryDate: formatTimestamp(certificate.notAfter) }),
  };
}

/** The vendor reports a span of time in which certificates end; ours reports one certificate. */
function expiryWindow(notification: Notification, certificate: Certificate | null) {
  return {
    startDate: formatTimestamp(notification.firedAt),
    ...(certificate === null ? {} : { endDate: formatTimestamp(certificate.notAfter) }),
  };
}

/** Header `Signature` of a webhook: base64 of HMAC-SHA-256 over the raw body, UTF-8. */
export function signWebhook(body: string | Uint8Array, key: string | Uint8Array): string {
  return createHmac('sha256', key).update(body).digest('base64');
}
