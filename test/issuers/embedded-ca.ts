import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IssueAsk, Issuer, Random } from '../../src/core/ports.ts';
import type { Certificate, Issuance } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { openCa } from '../../src/issuers/embedded/ca.ts';
import type { CaKeyType } from '../../src/issuers/embedded/create-ca.ts';
import { createEmbeddedIssuer } from '../../src/issuers/embedded/issuer.ts';
import { createSecretBox } from '../../src/secrets/secret-box.ts';
import { createCrypto } from '../../src/workers/crypto.ts';

export const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
export const START = Date.parse('2026-11-22T10:00:00.250Z');

export const box = createSecretBox({ bytes: random.bytes(32), source: 'key file of the test' }, random);

/** A clock that a test moves. */
export function testClock(at: Instant = START) {
  const clock = { at, now: () => clock.at };
  return clock;
}

export interface Fixture {
  keyType?: CaKeyType;
  crlShards?: number;
  caUrl?: string;
  at?: Instant;
}

/** An open CA with its issuer over the store, working in place. */
export async function embeddedCa(store: Store, options: Fixture = {}) {
  const clock = testClock(options.at ?? START);
  const settings = { caUrl: options.caUrl ?? 'http://ca.example.test:8080' };
  const ca = await openCa({
    store,
    clock,
    random,
    box,
    signingKeys: createCrypto({ threads: 0 }),
    caUrl: () => settings.caUrl,
    keyType: options.keyType ?? 'P-256',
  });
  const crlShards = options.crlShards ?? 8;
  const issuer = createEmbeddedIssuer({ ca, clock, random, crlShards });
  return { ca, issuer, clock, store, settings };
}

export function newSpki(kind: 'P-256' | 'P-384' | 'P-521' | 'RSA' = 'P-256'): Uint8Array {
  const { publicKey } =
    kind === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind });
  return publicKey.export({ format: 'der', type: 'spki' });
}

export function askFor(changes: Partial<IssueAsk> = {}): IssueAsk {
  return {
    requestId: 1,
    level: 'DV',
    commonName: 'www.example.test',
    names: ['www.example.test', 'example.test', '*.shop.example.test'],
    subject: {},
    spki: newSpki(),
    csr: new Uint8Array(),
    replaces: null,
    notAfterAtMost: START + 365 * DAY,
    longestValidity: 200 * DAY,
    mustStaple: false,
    privateNames: false,
    wishes: null,
    ...changes,
  };
}

export function issuanceFrom(issuer: Issuer, ask: IssueAsk, now: Instant): Issuance {
  const prepared = issuer.prepare(ask, now);
  return { id: 1, requestId: ask.requestId, issuer: issuer.name, preparedAt: now, state: 'prepared', ...prepared };
}

/** Prepares and signs; the DER. */
export async function issueOne(
  issuer: Issuer,
  ask: IssueAsk,
  now: Instant,
): Promise<{ der: Uint8Array; issuance: Issuance }> {
  const issuance = issuanceFrom(issuer, ask, now);
  const result = await issuer.issue(ask, issuance);
  if (result.kind !== 'issued') throw new Error(`Not issued: ${result.kind}`);
  return { der: result.certificate, issuance };
}

/** A revoked certificate as the heart keeps it. */
export function revokedRecord(
  id: number,
  serial: string,
  shard: number,
  changes: Partial<Certificate> = {},
): Certificate {
  return {
    id,
    accountId: 1,
    orderId: null,
    requestId: id,
    product: 'dv',
    issuer: 'embedded',
    state: 'revoked',
    commonName: 'www.example.test',
    names: ['www.example.test'],
    organization: null,
    department: null,
    street: null,
    postalCode: null,
    locality: null,
    province: null,
    country: null,
    registrationNumber: null,
    serial,
    notBefore: START,
    notAfter: START + 100 * DAY,
    subscriptionEndsAt: null,
    keyAlgorithm: 'ECDSA',
    keyBits: 256,
    spkiHash: '00',
    fingerprint: `FP${id}`,
    der: new Uint8Array(),
    crlShard: shard,
    revokedAt: START,
    revocationReason: null,
    archivedAt: null,
    sha1: '00',
    createdAt: START,
    ...changes,
  };
}
