import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bitString, explicit, integer, oid, sequence, set, utf8String } from '../src/pki/der-writer.ts';
import { toPem } from '../src/pki/pem.ts';

const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

/** Certificate requests (PKCS #10, PEM), each with a P-256 key of its own. */
export function makeCsrs(count: number, commonName: string): string[] {
  return Array.from({ length: count }, () =>
    makeCsr(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, commonName),
  );
}

function makeCsr(key: KeyObject, commonName: string): string {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const name = sequence([set([sequence([oid(COMMON_NAME), utf8String(commonName)])])]);
  const information = sequence([integer(0), name, publicKey, explicit(0, [])]);
  const signature = sign('sha256', information, key);
  return toPem(
    'CERTIFICATE REQUEST',
    sequence([information, sequence([oid(ECDSA_WITH_SHA256)]), bitString(signature)]),
  );
}
