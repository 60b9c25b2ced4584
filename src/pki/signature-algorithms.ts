import { constants, verify } from 'node:crypto';

/** A signature algorithm as its AlgorithmIdentifier spells it. */
export interface SignatureAlgorithm {
  /** OpenSSL's name: `sha256WithRSAEncryption`, `ecdsa-with-SHA384`, `rsassaPss-SHA256` … */
  readonly name: string;
  readonly key: 'RSA' | 'ECDSA';
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  /** Octets of salt; null for PKCS #1 v1.5 and ECDSA. */
  readonly pssSalt: number | null;
}

/** By the hex of the whole AlgorithmIdentifier (BR 7.1.3.2). RFC 4055 §5 has readers accept absent parameters too. */
const ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ...rsa('05', 'sha1'),
  ...rsa('0b', 'sha256'),
  ...rsa('0c', 'sha384'),
  ...rsa('0d', 'sha512'),
  pss('01', 32, 'sha256'),
  pss('02', 48, 'sha384'),
  pss('03', 64, 'sha512'),
  ecdsa('300906072a8648ce3d0401', 'sha1'),
  ecdsa('300a06082a8648ce3d040302', 'sha256'),
  ecdsa('300a06082a8648ce3d040303', 'sha384'),
  ecdsa('300a06082a8648ce3d040304', 'sha512'),
]);

/** The algorithm that this AlgorithmIdentifier (DER) names; null for any other. */
export function signatureAlgorithm(identifier: Uint8Array): SignatureAlgorithm | null {
  if (identifier.length > 80) return null;
  return ALGORITHMS.get(asBuffer(identifier).toString('hex')) ?? null;
}

/**
 * Whether `signature` over `data` was made with the private key of `spki` (SubjectPublicKeyInfo, DER). The key goes in
 * as DER: importing it into a KeyObject first takes 6 µs more.
 * @throws Error of OpenSSL where the key cannot be imported, such as a point off its curve.
 */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = { key: asBuffer(spki), format: 'der', type: 'spki' } as const;
  if (algorithm.pssSalt === null) return verify(algorithm.hash, data, key, signature);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify(algorithm.hash, data, { ...key, padding, saltLength: algorithm.pssSalt }, signature);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

type Entry = [string, SignatureAlgorithm];

function rsa(arc: string, hash: SignatureAlgorithm['hash']): Entry[] {
  const algorithm: SignatureAlgorithm = { name: `${hash}WithRSAEncryption`, key: 'RSA', hash, pssSalt: null };
  const oid = `06092a864886f70d0101${arc}`;
  return [
    [`300d${oid}0500`, algorithm],
    [`300b${oid}`, algorithm],
  ];
}

function ecdsa(identifier: string, hash: SignatureAlgorithm['hash']): Entry {
  return [identifier, { name: `ecdsa-with-${hash.toUpperCase()}`, key: 'ECDSA', hash, pssSalt: null }];
}

/** RSASSA-PSS with MGF1 over the same hash and a salt of its length, byte for byte as BR 7.1.3.2.1 has it. */
function pss(arc: string, salt: number, hash: SignatureAlgorithm['hash']): Entry {
  const hashIdentifier = `300d06096086480165030402${arc}0500`;
  const saltHex = salt.toString(16).padStart(2, '0');
  const parameters = `3034a00f${hashIdentifier}a11c301a06092a864886f70d010108${hashIdentifier}a2030201${saltHex}`;
  const name = `rsassaPss-${hash.toUpperCase()}`;
  return [`304106092a864886f70d01010a${parameters}`, { name, key: 'RSA', hash, pssSalt: salt }];
}

/** What carries a signature: a certificate or a CRL as read here. */
export interface SignedBytes {
  tbs: Uint8Array;
  signature: Uint8Array;
  signatureAlgorithm: SignatureAlgorithm;
}

/** Whether this was signed by the holder of the key `issuerSpki` (SubjectPublicKeyInfo, DER). Never throws. */
export function isSignedBy(signed: SignedBytes, issuerSpki: Uint8Array): boolean {
  try {
    return verifySignature(signed.signatureAlgorithm, issuerSpki, signed.tbs, signed.signature);
  } catch {
    return false;
  }
}
