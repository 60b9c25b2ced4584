import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Random } from '../../core/ports.ts';
import type { CaKey } from '../../core/records.ts';
import { addMonths, HOUR, type Instant, SECOND } from '../../core/time.ts';
import { intermediateTbs, rootTbs, serialFrom, signed } from '../../pki/certificate-builder.ts';
import { describeKey, signNow } from '../../pki/signer.ts';
import { caSubject } from '../../pki/subject-writer.ts';
import type { SecretBox } from '../../secrets/secret-box.ts';
import { type CaAddresses, ROOT_SHARD } from './addresses.ts';

export const CA_KEY_TYPES = ['P-256', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;
export type CaKeyType = (typeof CA_KEY_TYPES)[number];

export interface CaSubject {
  /** Two capital letters. Default `XX`, which ISO 3166-1 leaves to its users. */
  country?: string;
  /** Default `Chancery`. */
  organization?: string;
}

export interface CaPlan {
  now: Instant;
  random: Random;
  box: SecretBox;
  addresses: CaAddresses;
  keyType: CaKeyType;
  subject: CaSubject;
}

const ROOT_MONTHS = 20 * 12;
const INTERMEDIATE_MONTHS = 10 * 12;
/** BR 7.1.2.1.1, 7.1.2.2.1: at most one day before the signature. Leaves begin an hour early. */
const BACKDATED = 2 * HOUR;

/** What a sealed CA key is bound to: its role and its certificate. */
export function keyContext(name: string, certificate: Uint8Array): string {
  return `ca-key:${name}:${createHash('sha256').update(certificate).digest('hex')}`;
}

/** A new root for 20 years and below it an intermediate for 10, keys sealed. Nothing is stored yet. */
export function makeCaKeys(plan: CaPlan): Omit<CaKey, 'id'>[] {
  const notBefore = Math.floor((plan.now - BACKDATED) / SECOND) * SECOND;
  const mark = Buffer.from(plan.random.bytes(3)).toString('hex').toUpperCase();
  const rootKey = generateKey(plan.keyType);
  const root = describeKey(rootKey);
  const rootName = nameOf(plan.subject, `Root ${mark}`);
  const rootCertificate = sign(
    rootKey,
    rootTbs(
      {
        name: rootName,
        spki: root.publicKey,
        serial: serialFrom(plan.random.bytes(16)),
        notBefore,
        notAfter: addMonths(notBefore, ROOT_MONTHS) - SECOND,
      },
      root.algorithm,
    ),
  );
  const key = generateKey(plan.keyType);
  const certificate = sign(
    rootKey,
    intermediateTbs(
      {
        name: nameOf(plan.subject, `TLS ${mark}`),
        spki: describeKey(key).publicKey,
        serial: serialFrom(plan.random.bytes(16)),
        notBefore,
        notAfter: addMonths(notBefore, INTERMEDIATE_MONTHS) - SECOND,
      },
      {
        name: rootName,
        algorithm: root.algorithm,
        spki: root.publicKey,
        certificateUrl: plan.addresses.rootCertificate(),
        crlUrl: plan.addresses.crl(ROOT_SHARD),
      },
    ),
  );
  return [record('root', rootCertificate, rootKey, plan), record('intermediate', certificate, key, plan)];
}

function generateKey(type: CaKeyType): KeyObject {
  if (type === 'P-256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return generateKeyPairSync('rsa', { modulusLength: Number(type.slice('RSA-'.length)) }).privateKey;
}

function nameOf(subject: CaSubject, what: string): Uint8Array {
  const organization = subject.organization ?? 'Chancery';
  return caSubject(subject.country ?? 'XX', organization, `${Array.from(organization).slice(0, 48).join('')} ${what}`);
}

function sign(key: KeyObject, tbs: Uint8Array): Uint8Array {
  return Uint8Array.from(signed(tbs, describeKey(key).algorithm, signNow(key, tbs)));
}

function record(name: string, certificate: Uint8Array, key: KeyObject, plan: CaPlan): Omit<CaKey, 'id'> {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  const encryptedKey = plan.box.seal(pkcs8, keyContext(name, certificate));
  return { name, certificate, encryptedKey, createdAt: plan.now, retiredAt: null };
}
