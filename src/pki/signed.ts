import { type DerCursor, type DerElement, DerError, inside, readWhole, TAG, whole } from './der-reader.ts';
import { readOctetBits, readUnsigned } from './der-values.ts';
import { type SignatureAlgorithm, signatureAlgorithm } from './signature-algorithms.ts';

/** The frame that requests, certificates and CRLs share (X.509 `SIGNED`). */
export interface Signed {
  tbs: DerElement;
  /** AlgorithmIdentifier, DER. */
  identifier: Uint8Array;
  algorithm: SignatureAlgorithm;
  signature: Uint8Array;
}

/** SEQUENCE of what is signed, algorithm and signature. @throws DerError, for unsupported algorithms too */
export function readSigned(der: Uint8Array, what: string): Signed {
  const fields = inside(readWhole(der, TAG.sequence, what));
  const tbs = fields.next(TAG.sequence, 'the signed part');
  const identifier = whole(fields.next(TAG.sequence, 'the signature algorithm'));
  const signature = readOctetBits(fields.next(TAG.bitString, 'the signature'));
  fields.done(what);
  const algorithm = signatureAlgorithm(identifier);
  if (!algorithm) throw new DerError('the signature algorithm is not supported; sign with SHA-256 and RSA or ECDSA');
  return { tbs, identifier, algorithm, signature };
}

/** RFC 5280 §4.1.1.2, §5.1.1.2: the signed part names the same algorithm. @throws DerError */
export function checkInnerAlgorithm(signed: Signed, fields: DerCursor): void {
  const inner = whole(fields.next(TAG.sequence, 'the signature algorithm'));
  if (Buffer.compare(inner, signed.identifier) !== 0)
    throw new DerError('two different signature algorithms are named');
}

/** A serial number as upper-case hex of whole octets (RFC 5280 §4.1.2.2: positive, at most 20 octets). @throws DerError */
export function readSerial(element: DerElement): string {
  const octets = readUnsigned(element);
  if (octets.length === 0) throw new DerError('the serial number is zero', element.start);
  if (element.end - element.body > 20) throw new DerError('the serial number has more than 20 octets', element.start);
  return Buffer.from(octets).toString('hex').toUpperCase();
}
