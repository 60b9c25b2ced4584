import type { Account, CertificateRequest, Notification, Order, Validation } from '../../src/core/records.ts';
import { DEFAULT_SETTINGS } from '../../src/core/settings.ts';

export const NOW = Date.parse('2026-11-22T08:00:00Z');

export const account: Account = {
  id: 1,
  handle: 'shop',
  name: 'Shop & Söhne',
  currency: 'EUR',
  balance: 0,
  reserved: 0,
  state: 'active',
  settings: DEFAULT_SETTINGS,
  createdAt: 0,
};

export const order: Order = {
  id: 5,
  accountId: 1,
  product: 'dv-multi',
  dialect: 'realtime-register',
  state: 'pending',
  periodMonths: 12,
  commonName: 'shop.example',
  startsAt: null,
  endsAt: null,
  renewsOrderId: null,
  extraDomains: 0,
  extraWildcards: 0,
  organizationId: null,
  containerId: null,
  userId: null,
  certificateEndsAt: null,
  createdAt: 0,
};

export const request: CertificateRequest = {
  id: 10,
  accountId: 1,
  orderId: 5,
  kind: 'new',
  state: 'waiting',
  detail: null,
  dialect: 'realtime-register',
  requestedBy: 'shop/api',
  product: 'dv-multi',
  commonName: 'shop.example',
  names: ['shop.example', 'www.shop.example'],
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
  checks: { agreement: 'waiting' },
  extra: {},
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  startedAt: 0,
  triedIssuers: null,
  installOn: null,
};

export const validation: Validation = {
  id: 20,
  accountId: 1,
  requestId: 10,
  domainId: null,
  domain: 'shop.example',
  method: 'email',
  coversSubdomains: true,
  state: 'waiting',
  challenges: [{ method: 'email', address: 'admin@shop.example' }],
  detail: null,
  attempts: 0,
  nextAttemptAt: null,
  validatedAt: null,
  reusedFrom: null,
  createdAt: 0,
};

export const notification = (id: number, more: Partial<Notification> = {}): Notification => ({
  id,
  accountId: 1,
  dialect: 'realtime-register',
  kind: 'certificate-issued',
  requestId: 10,
  certificateId: null,
  domainId: null,
  organizationId: null,
  days: null,
  message: `message ${id}`,
  firedAt: NOW,
  readAt: null,
  acknowledgedAt: null,
  deliveredAt: null,
  ...more,
});

export const productName = (product: string): string => (product === 'dv-multi' ? 'DV Multi-Domain' : product);
