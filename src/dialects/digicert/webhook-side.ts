import type { Issuer } from '../../core/ports.ts';
import type { Certificate, CertificateRequest, Notification, NotificationKind, Webhook } from '../../core/records.ts';
import type { Reader } from '../../core/store.ts';
import { MINUTE } from '../../core/time.ts';
import { readCertificate } from '../../pki/certificate-reader.ts';
import { toPem } from '../../pki/pem.ts';
import { settingsOf, type WEBHOOK_EVENTS, type WebhookSettings } from './webhook-settings.ts';

type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

const EVENTS: Partial<Record<NotificationKind, WebhookEvent>> = {
  'certificate-issued': 'certificate_issued',
  'certificate-revoked': 'certificate_revoked',
  'request-rejected': 'order_rejected',
  'domain-validated': 'domain_validated',
  'organization-validated': 'organization_validated',
  'domain-ending': 'domain_revalidation_notice',
  'domain-ended': 'domain_expired',
  'organization-ending': 'organization_revalidation_notice',
  'organization-ended': 'organization_expired',
};

/** Longer than this, and nobody who ordered still waits for the answer. */
const INSTANT = MINUTE;

export interface WebhookTools {
  store: Reader;
  issuers: ReadonlyMap<string, Issuer>;
}

/** What pushing needs of this dialect: the JSON of an event, null for one that was not asked for, and the secret's header. */
export function createWebhookSide({ store, issuers }: WebhookTools) {
  return {
    async render(notification: Notification, webhook: Webhook): Promise<object | null> {
      const event = EVENTS[notification.kind];
      const settings = settingsOf(webhook);
      if (event === undefined || !settings.events.includes(event)) return null;
      const { requestId, certificateId, domainId, organizationId, days } = notification;
      if (event.endsWith('_notice') && !frequencyOf(settings).includes(days ?? 0)) return null;
      if (domainId !== null) return { event, data: await domainData(store, domainId) };
      if (organizationId !== null) return { event, data: await organizationData(store, organizationId) };
      const request = requestId === null ? null : await store.get('requests', requestId);
      const certificate = certificateId === null ? null : await store.get('certificates', certificateId);
      const orderId = request?.orderId ?? certificate?.orderId;
      const data = { order_id: orderId, ...(certificate === null ? {} : { certificate_id: certificate.id }) };
      if (event !== 'certificate_issued' || request === null || certificate === null) return { event, data };
      const instant = await issuedInstantly(store, request, certificate);
      if (instant && !settings.instant) return null;
      if (!(instant ? settings.instantChain : settings.chain)) return { event, data };
      return { event, data: { ...data, certificate_chain: await chainOf(certificate, issuers) } };
    },
    sign: (_body: Uint8Array, key: Uint8Array): Record<string, string> =>
      key.length === 0 ? {} : { 'x-webhook-key': headerOf(Buffer.from(key)) },
    taken: [200, 201, 202, 203, 204, 205, 206],
  };
}

/** Days before the end of a validation; where none were chosen, the usual ones. */
function frequencyOf({ frequency }: WebhookSettings): readonly number[] {
  return frequency.length === 0 ? [90, 60, 30, 7] : frequency;
}

/** A secret of the account as it is; the random octets of `chancery webhooks set` as the base64 that it shows. */
function headerOf(key: Buffer): string {
  const text = key.toString('latin1');
  return /^[ -~]+$/.test(text) ? text : key.toString('base64');
}

async function domainData(store: Reader, domainId: number): Promise<object> {
  const domain = await store.get('domains', domainId);
  return { domain_id: domainId, ...(domain === null ? {} : { domain_name: domain.name }) };
}

async function organizationData(store: Reader, organizationId: number): Promise<object> {
  const organization = await store.get('organizations', organizationId);
  return {
    organization_id: organizationId,
    ...(organization === null ? {} : { organization_name: organization.name }),
  };
}

/** Issued in the answer to the order itself: nothing had to be proved, and nobody had to say yes. */
async function issuedInstantly(store: Reader, request: CertificateRequest, certificate: Certificate): Promise<boolean> {
  if (certificate.createdAt - request.createdAt > INSTANT) return false;
  const approval = await store.get('approvals', request.id);
  if (approval !== null && approval.processedAt !== null && approval.processedAt > approval.createdAt) return false;
  const validations = await store.find('validations', { requestId: request.id });
  return validations.every((one) => one.reusedFrom !== null);
}

async function chainOf(certificate: Certificate, issuers: WebhookTools['issuers']): Promise<object[]> {
  const above = (await issuers.get(certificate.issuer)?.chain(certificate.der)) ?? [];
  return [certificate.der, ...above].map((der) => ({
    subject_common_name: readCertificate(der).commonName ?? '',
    pem: toPem('CERTIFICATE', der).replaceAll('\n', '\r\n'),
  }));
}
