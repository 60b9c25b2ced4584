import type { Instant } from '../core/time.ts';
import { SIGNATURE_ALGORITHM } from './certificate-builder.ts';
import { explicit, integer, sequence, time } from './der-writer.ts';
import { authorityKeyIdentifier, crlNumber, issuingDistributionPoint, reasonCode } from './extension-writer.ts';
import type { SignatureAlgorithm } from './signer.ts';

/** CRLReason codes that may stand in a CRL of leaves (BR 7.2.2, 4.9.1.1). */
const REASON_CODE: Readonly<Record<string, number>> = {
  keycompromise: 1,
  affiliationchanged: 3,
  superseded: 4,
  cessationofoperation: 5,
  privilegewithdrawn: 9,
};

/**
 * The code for a reason as people and APIs write it (`keyCompromise`, `KEY_COMPROMISE`, `key compromise`); null for
 * anything else, which leaves the extension out as BR 7.2.2 asks for `unspecified`.
 */
export function reasonCodeOf(reason: string | null): number | null {
  return REASON_CODE[(reason ?? '').replace(/[^A-Za-z]/g, '').toLowerCase()] ?? null;
}

export interface RevokedEntry {
  /** Hex. */
  serial: string;
  revokedAt: Instant;
  reason: string | null;
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

const REASONS = new Map(Object.values(REASON_CODE).map((code) => [code, sequence([reasonCode(code)])]));

function revokedEntry(entry: RevokedEntry): Uint8Array {
  const code = reasonCodeOf(entry.reason);
  const extensions = code === null ? undefined : REASONS.get(code);
  const parts = [integer(Buffer.from(entry.serial, 'hex')), time(entry.revokedAt)];
  return sequence(extensions === undefined ? parts : [...parts, extensions]);
}
