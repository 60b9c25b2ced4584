import type { RevocationReason } from '../core/records.ts';
import type { Instant } from '../core/time.ts';
import { SIGNATURE_ALGORITHM } from './certificate-builder.ts';
import { explicit, integer, sequence, time } from './der-writer.ts';
import { authorityKeyIdentifier, crlNumber, issuingDistributionPoint, reasonCode } from './extension-writer.ts';
import type { SignatureAlgorithm } from './signer.ts';

/**
 * Reason of each revocation that gives one, as the extension list of its entry (RFC 5280 §5.3.1, BR 4.9.1.1).
 * Without a reason there is no extension, as BR 7.2.2 asks for `unspecified`.
 */
const REASON: Readonly<Record<RevocationReason, Uint8Array>> = {
  keyCompromise: sequence([reasonCode(1)]),
  affiliationChanged: sequence([reasonCode(3)]),
  superseded: sequence([reasonCode(4)]),
  cessationOfOperation: sequence([reasonCode(5)]),
  privilegeWithdrawn: sequence([reasonCode(9)]),
};

export interface RevokedEntry {
  /** Hex. */
  serial: string;
  revokedAt: Instant;
  reason: RevocationReason | null;
}

export interface CrlContent {
  algorithm: SignatureAlgorithm;
  /** Distinguished name of the CA, DER. */
  issuerName: Uint8Array;
  keyId: Uint8Array;
  number: number;
  thisUpdate: Instant;
  nextUpdate: Instant;
  revoked: readonly RevokedEntry[];
  /** Addresses of a CRL that covers one shard of the leaves; null for one that covers everything. */
  urls: readonly string[] | null;
}

/** To-be-signed part of a version 2 CRL (RFC 5280 §5.1.2, BR 7.2). */
export function crlTbs(crl: CrlContent): Uint8Array {
  const extensions = [
    authorityKeyIdentifier(crl.keyId),
    crlNumber(crl.number),
    ...(crl.urls === null ? [] : [issuingDistributionPoint(crl.urls)]),
  ];
  return sequence([
    integer(1),
    SIGNATURE_ALGORITHM[crl.algorithm],
    crl.issuerName,
    time(crl.thisUpdate),
    time(crl.nextUpdate),
    // RFC 5280 §5.1.2.6: absent where nothing is revoked.
    ...(crl.revoked.length === 0 ? [] : [sequence(crl.revoked.map(revokedEntry))]),
    explicit(0, [sequence(extensions)]),
  ]);
}

function revokedEntry({ serial, revokedAt, reason }: RevokedEntry): Uint8Array {
  const parts = [integer(Buffer.from(serial, 'hex')), time(revokedAt)];
  return sequence(reason === null ? parts : [...parts, REASON[reason]]);
}
