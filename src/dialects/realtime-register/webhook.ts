import { createHmac } from 'node:crypto';
import type { Catalogue } from '../../core/products.ts';
import type {
  Certificate,
  CertificateRequest,
  Notification,
  NotificationKind,
  RequestKind,
} from '../../core/records.ts';
import type { Reader } from '../../core/store.ts';
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
  'request-rejected': 'FAILED',
  'request-needs-attention': 'WARNING',
  'certificate-revoked': 'COMPLETED',
  'certificate-expiring': 'WARNING',
  'domain-validated': 'OK',
  'organization-validated': 'OK',
  'domain-ending': 'WARNING',
  'domain-ended': 'WARNING',
  'organization-ending': 'WARNING',
  'organization-ended': 'WARNING',
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

/** A notification as the vendor shows and pushes it. */
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

/** What pushing needs of this dialect: the JSON of a notification, and the headers that prove who sent it. */
export function createWebhookSide({ store, catalogue }: { store: Reader; catalogue: Catalogue }) {
  return {
    render: async (notification: Notification): Promise<object> => {
      const { accountId, requestId, certificateId } = notification;
      const [account, request, certificate] = await Promise.all([
        store.get('accounts', accountId),
        requestId === null ? null : store.get('requests', requestId),
        certificateId === null ? null : store.get('certificates', certificateId),
      ]);
      const unacknowledged = { ...notification, acknowledgedAt: null };
      return renderNotification(unacknowledged, { handle: account?.handle ?? '', catalogue, request, certificate });
    },
    sign: (body: Uint8Array, key: Uint8Array): Record<string, string> => ({ Signature: signWebhook(body, key) }),
  };
}

/** Header `Signature` of a webhook: base64 of HMAC-SHA-256 over the raw body, UTF-8. */
export function signWebhook(body: string | Uint8Array, key: string | Uint8Array): string {
  return createHmac('sha256', key).update(body).digest('base64');
}
