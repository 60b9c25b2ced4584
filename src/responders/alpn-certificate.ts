import type { KeyObject } from 'node:crypto';
import { DAY, HOUR, type Instant } from '../core/time.ts';
import { serialFrom, signed, SIGNATURE_ALGORITHM } from '../pki/certificate-builder.ts';
import { explicit, integer, sequence, time } from '../pki/der-writer.ts';
import { acmeIdentifier, subjectAltName } from '../pki/extension-writer.ts';
import { toPem } from '../pki/pem.ts';
import { describeKey, signNow } from '../pki/signer.ts';
import { leafSubject } from '../pki/subject-writer.ts';

export interface ChallengeCertificateAsk {
  /** DNS name or address: the one subjectAltName. */
  identifier: string;
  /** SHA-256 of the key authorization, 32 octets. */
  digest: Uint8Array;
  /** P-256. */
  key: KeyObject;
  now: Instant;
  /** 16 random octets. */
  serial: Uint8Array;
}

/** The certificate of RFC 8737 §3, PEM: signed by itself, with the critical acmeIdentifier extension. */
export function challengeCertificate({ identifier, digest, key, now, serial }: ChallengeCertificateAsk): string {
  const name = leafSubject('DV', {}, 'ACME challenge');
  const tbs = sequence([
    explicit(0, [integer(2)]),
    integer(serialFrom(serial)),
    SIGNATURE_ALGORITHM['ecdsa-sha256'],
    name,
    sequence([time(now - HOUR), time(now + DAY)]),
    name,
    describeKey(key).publicKey,
    explicit(3, [sequence([subjectAltName([identifier], false), acmeIdentifier(digest)])]),
  ]);
  return toPem('CERTIFICATE', signed(tbs, 'ecdsa-sha256', signNow(key, tbs)));
}
