import { generateKeyPairSync, type KeyObject, type webcrypto } from 'node:crypto';
import {
  createLeafBuilder,
  intermediateTbs,
  rootTbs,
  serialFrom,
  signed,
} from '../../../src/pki/certificate-builder.ts';
import { publicKeyBits } from '../../../src/pki/public-key.ts';
import { keyIdentifier } from '../../../src/pki/extension-writer.ts';
import { describeKey, signNow } from '../../../src/pki/signer.ts';
import { caSubject } from '../../../src/pki/subject-writer.ts';
import { Pkcs10CertificateRequest } from '../../pki/second-opinion.ts';
import { ProblemError } from './problems.ts';

const DAY = 86_400_000;

/** The CA behind the scripted server: P-256, one issuing key under several roots, so that there are several chains. */
export interface Authority {
  /** PEM, the first chain's first. Common names: `Scripted Root 1`, `Scripted Root 2` … */
  roots: string[];
  /** The issuing certificate as each root signed it, PEM. */
  intermediates: string[];
  issue(ask: LeafAsk): { der: Uint8Array; pem: string; serial: string };
  /** A CA certificate that signed nothing, PEM. */
  stranger: string;
  /** Authority key identifier of the leaves. */
  keyId: Uint8Array;
}

export interface LeafAsk {
  /** DNS names and IP addresses. */
  names: readonly string[];
  spki: Uint8Array;
  notBefore: number;
  notAfter: number;
}

/** @param nextSerial 16 octets */
export function createAuthority(now: number, roots: number, nextSerial: () => Uint8Array): Authority {
  const span = { notBefore: now - DAY, notAfter: now + 3650 * DAY };
  const issuing = newKey();
  const name = caSubject('XX', 'Scripted', 'Scripted Issuing');
  const makeRoot = (at: number) => {
    const key = newKey();
    const content = { ...span, name: caSubject('XX', 'Scripted', `Scripted Root ${at + 1}`), spki: key.spki };
    const tbs = rootTbs({ ...content, serial: serialFrom(nextSerial()) }, 'ecdsa-sha256');
    const pem = toPem(finish(tbs, key.privateKey));
    const below = intermediateTbs(
      { ...span, name, spki: issuing.spki, serial: serialFrom(nextSerial()) },
      {
        name: content.name,
        algorithm: 'ecdsa-sha256',
        spki: key.spki,
        certificateUrl: 'http://ca.scripted.test/root.der',
        crlUrl: 'http://ca.scripted.test/root.crl',
      },
    );
    return { pem, intermediate: toPem(finish(below, key.privateKey)) };
  };
  const made = Array.from({ length: roots }, (_, at) => makeRoot(at));
  const keyId = keyIdentifier(publicKeyBits(issuing.spki));
  const build = createLeafBuilder({
    algorithm: 'ecdsa-sha256',
    name,
    keyId,
    caIssuersUrl: 'http://ca.scripted.test/issuing.der',
  });
  return {
    roots: made.map(({ pem }) => pem),
    intermediates: made.map(({ intermediate }) => intermediate),
    stranger: makeRoot(98).pem,
    keyId,
    issue: ({ names, spki, notBefore, notAfter }) => {
      const serial = serialFrom(nextSerial());
      const commonName = names.find((candidate) => candidate.length <= 64) ?? '';
      const tbs = build({
        level: 'DV',
        commonName,
        names,
        subject: {},
        spki,
        mustStaple: false,
        serial,
        notBefore,
        notAfter,
        crlUrl: 'http://ca.scripted.test/issuing.crl',
      });
      const der = finish(tbs, issuing.privateKey);
      return { der, pem: toPem(der), serial: Buffer.from(serial).toString('hex') };
    },
  };
}

interface Key {
  privateKey: KeyObject;
  spki: Uint8Array;
}

export function newKey(): Key {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, spki: describeKey(privateKey).publicKey };
}

function finish(tbs: Uint8Array, key: KeyObject): Uint8Array {
  return signed(tbs, 'ecdsa-sha256', signNow(key, tbs));
}

export function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Names and key of a request, its signature checked. @throws ProblemError badCSR */
export async function readRequest(der: Uint8Array): Promise<{ names: string[]; spki: Uint8Array }> {
  let request: InstanceType<typeof Pkcs10CertificateRequest>;
  let good: boolean;
  try {
    request = new Pkcs10CertificateRequest(Uint8Array.from(der).buffer);
    good = await request.verify(globalThis.crypto as unknown as webcrypto.Crypto as never);
  } catch (error) {
    throw new ProblemError('badCSR', `The CSR cannot be read: ${(error as Error).message}`);
  }
  if (!good) throw new ProblemError('badCSR', 'The signature of the CSR does not match');
  const names = new Set<string>();
  const alternative = request.getExtension('2.5.29.17') as { names?: { toJSON(): unknown } } | null;
  for (const { type, value } of (alternative?.names?.toJSON() ?? []) as { type: string; value: string }[]) {
    if (type !== 'dns' && type !== 'ip') throw new ProblemError('badCSR', `The CSR holds a name of type ${type}`);
    names.add(value.toLowerCase());
  }
  for (const commonName of request.subjectName.getField('CN')) names.add(commonName.toLowerCase());
  return { names: [...names].toSorted(), spki: new Uint8Array(request.publicKey.rawData) };
}
