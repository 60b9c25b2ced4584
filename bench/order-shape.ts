import type { Certificate, CertificateRequest } from '../src/core/records.ts';
import type { ChanceryStore } from '../src/store/open.ts';

/** The writes of one order that is issued within its call: three units, 9 inserts, 6 updates, 2 of money, 2 of a job. */

const AT = Date.parse('2026-11-22T12:00:00Z');
const YEAR = 31_536_000_000;

/** Beyond what `fillCertificates` has used, and other in each run. */
let counter = 2_000_000_000 + (Date.now() % 1_000_000_000) * 1_000;

/** 16 hex digits that look random and never repeat. */
function scrambled(n: number): string {
  const mixed = (BigInt(n) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
  return mixed.toString(16).padStart(16, '0').toUpperCase();
}

export function newRequest(id: number, accountId: number, orderId: number, label: string): CertificateRequest {
  const commonName = `${label}.example.com`;
  return {
    id,
    accountId,
    orderId,
    kind: 'new',
    state: 'waiting',
    detail: null,
    dialect: 'realtime-register',
    requestedBy: 'bench/bench',
    product: 'ssl_dv',
    commonName,
    names: [commonName, `www.${commonName}`],
    subject: {},
    contact: null,
    language: null,
    certificateId: null,
    revocationReason: null,
    validity: null,
    wishes: null,
    csr: new Uint8Array(220),
    spkiHash: label.padStart(64, '0'),
    twinKey: `twin ${label}`,
    checks: {},
    extra: { customer: 'bench', product: 'ssl_dv', period: 12, domainName: commonName },
    version: 1,
    createdAt: AT,
    updatedAt: AT,
    startedAt: null,
    triedIssuers: null,
    installOn: null,
  };
}

export function newCertificate(id: number, request: CertificateRequest, n: number): Certificate {
  const serial = scrambled(n) + scrambled(n + 7);
  return {
    id,
    accountId: request.accountId,
    orderId: request.orderId,
    requestId: request.id,
    product: request.product,
    issuer: 'embedded',
    state: 'active',
    commonName: request.commonName,
    names: request.names,
    organization: null,
    department: null,
    street: null,
    postalCode: null,
    locality: null,
    province: null,
    country: null,
    registrationNumber: null,
    serial,
    notBefore: AT,
    notAfter: AT + 200 * 86_400_000,
    subscriptionEndsAt: AT + YEAR,
    keyAlgorithm: 'ECDSA',
    keyBits: 256,
    spkiHash: request.spkiHash ?? '',
    fingerprint: scrambled(n + 1) + scrambled(n + 2) + scrambled(n + 3) + scrambled(n + 4),
    sha1: scrambled(n + 3)
      .padStart(40, '0')
      .slice(0, 40),
    der: new Uint8Array(900),
    crlShard: n % 16,
    revokedAt: null,
    revocationReason: null,
    archivedAt: null,
    createdAt: AT,
  };
}

/** Places, prepares and completes one order. `reads` adds the lookups of the heart. */
export async function writeOrder(store: ChanceryStore, accountId: number, reads: boolean): Promise<void> {
  counter += 1;
  const n = counter;
  const label = scrambled(n).toLowerCase();
  const audit = { at: AT, actor: 'bench/bench', accountId, details: { product: 'ssl_dv' } };

  const request = await store.transact(async (unit) => {
    const orderId = unit.newId('orders');
    const made = newRequest(unit.newId('requests'), accountId, orderId, label);
    unit.insert('orders', {
      id: orderId,
      accountId,
      product: made.product,
      dialect: made.dialect,
      state: 'pending',
      periodMonths: 12,
      commonName: made.commonName,
      startsAt: null,
      endsAt: null,
      renewsOrderId: null,
      organizationId: null,
      containerId: null,
      userId: null,
      certificateEndsAt: null,
      extraDomains: 0,
      extraWildcards: 0,
      createdAt: AT,
    });
    unit.insert('requests', made);
    unit.insert('validations', {
      id: unit.newId('validations'),
      accountId,
      requestId: made.id,
      domainId: null,
      domain: made.commonName,
      method: 'dns',
      coversSubdomains: true,
      state: 'valid',
      challenges: [],
      detail: null,
      attempts: 0,
      nextAttemptAt: null,
      validatedAt: AT,
      reusedFrom: 100_001,
      createdAt: AT,
    });
    unit.insert('charges', {
      id: made.id,
      accountId,
      orderId,
      requestId: made.id,
      state: 'reserved',
      amount: 1,
      currency: 'EUR',
      billables: [{ product: 'ssl_dv', action: 'request', quantity: 1, amount: 1 }],
      createdAt: AT,
      settledAt: null,
    });
    await unit.reserve(accountId, 1);
    unit.audit({ ...audit, action: 'request-placed', target: `request:${made.id}` });
    await unit.enqueue({ kind: 'advance', key: `advance:${made.id}`, payload: {}, runAt: AT, heldUntil: AT + 60_000 });
    return made;
  });

  const issuanceId = await store.transact(async (unit) => {
    if (reads) await readFacts(unit, request);
    const id = unit.newId('issuances');
    unit.insert('issuances', {
      id,
      requestId: request.id,
      issuer: 'embedded',
      serial: scrambled(n) + scrambled(n + 7),
      tbs: new Uint8Array(800),
      notBefore: AT,
      notAfter: AT + YEAR,
      progress: null,
      preparedAt: AT,
      state: 'prepared',
    });
    await unit.update('requests', request.id, { state: 'issuing', version: 2, updatedAt: AT + 1 }, { version: 1 });
    return id;
  });

  await store.transact(async (unit) => {
    if (reads) await readFacts(unit, request);
    const certificate = newCertificate(unit.newId('certificates'), request, n);
    unit.insert('certificates', certificate);
    await unit.update('issuances', issuanceId, { state: 'signed' }, { state: 'prepared' });
    await unit.update('requests', request.id, { state: 'completed', version: 3, updatedAt: AT + 2 }, { version: 2 });
    await unit.update('orders', request.orderId as number, {
      state: 'active',
      startsAt: AT,
      endsAt: AT + YEAR,
      certificateEndsAt: certificate.notAfter,
    });
    await unit.settle(accountId, 1, 'capture');
    await unit.update('charges', request.id, { state: 'captured', settledAt: AT }, { state: 'reserved' });
    unit.insert('notifications', {
      id: unit.newId('notifications'),
      accountId,
      dialect: request.dialect,
      kind: 'certificate-issued',
      requestId: request.id,
      certificateId: certificate.id,
      domainId: null,
      organizationId: null,
      days: null,
      message: 'The certificate was issued',
      firedAt: AT,
      readAt: null,
      acknowledgedAt: null,
      deliveredAt: null,
    });
    unit.audit({ ...audit, action: 'certificate-issued', target: `certificate:${certificate.id}` });
    await unit.done(`advance:${request.id}`);
  });
}

type Reading = Pick<ChanceryStore, 'get' | 'find'>;

async function readFacts(unit: Reading, { id, orderId, names }: CertificateRequest): Promise<void> {
  await unit.get('requests', id);
  await unit.get('orders', orderId as number);
  await unit.find('certificates', { requestId: id });
  await unit.find('charges', { requestId: id });
  await unit.find('validations', { requestId: id });
  await unit.find('caaAnswers', { name: names });
  await unit.find('issuances', { requestId: id, state: ['prepared', 'signed'] });
}
