import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Level } from '../core/products.ts';
import {
  booleanTrue,
  enumerated,
  explicit,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  tlv,
} from './der-writer.ts';
import { ACCESS, EXTENSION, POLICY, PURPOSE } from './oids.ts';

/** Extensions of RFC 5280 §4.2 and §5.2, each as one complete `Extension` element in DER. */

/** Any extension: `value` is the DER inside the OCTET STRING. */
function extension(type: string, critical: boolean, value: Uint8Array): Uint8Array {
  const content = octetString(value);
  return sequence(critical ? [oid(type), booleanTrue(), content] : [oid(type), content]);
}

/** Identifier of a public key: the first 160 bits of SHA-256 over the key itself (RFC 7093 §2, method 1). */
export function keyIdentifier(publicKeyBits: Uint8Array): Uint8Array {
  return createHash('sha256').update(publicKeyBits).digest().subarray(0, 20);
}

export function subjectKeyIdentifier(keyId: Uint8Array): Uint8Array {
  return extension(EXTENSION.subjectKeyIdentifier, false, octetString(keyId));
}

export function authorityKeyIdentifier(keyId: Uint8Array): Uint8Array {
  return extension(EXTENSION.authorityKeyIdentifier, false, sequence([implicit(0, keyId)]));
}

/** CA certificate; `pathLength` null where it is not limited. */
export function caConstraints(pathLength: number | null): Uint8Array {
  const content = pathLength === null ? [booleanTrue()] : [booleanTrue(), integer(pathLength)];
  return extension(EXTENSION.basicConstraints, true, sequence(content));
}

export function notACa(): Uint8Array {
  return extension(EXTENSION.basicConstraints, true, sequence([]));
}

const USAGE_BIT = { digitalSignature: 0, keyEncipherment: 2, dataEncipherment: 3, keyCertSign: 5, cRLSign: 6 } as const;

export function keyUsage(usages: readonly (keyof typeof USAGE_BIT)[]): Uint8Array {
  return extension(EXTENSION.keyUsage, true, namedBits(usages.map((usage) => USAGE_BIT[usage])));
}

export function serverAuth(): Uint8Array {
  return tlsPurposes(false);
}

/** TLS servers, and clients where it is asked (BR 7.1.2.7.10). */
export function tlsPurposes(clients: boolean): Uint8Array {
  const purposes = clients ? [PURPOSE.serverAuth, PURPOSE.clientAuth] : [PURPOSE.serverAuth];
  return extension(EXTENSION.extendedKeyUsage, false, sequence(purposes.map(oid)));
}

/** Exactly one policy: the reserved one of the level (BR 7.1.6.1), or `any` for a CA of ours. */
export function certificatePolicy(policy: Level | 'any'): Uint8Array {
  return extension(EXTENSION.certificatePolicies, false, sequence([sequence([oid(POLICY[policy])])]));
}

/** Where the issuer's certificate can be had (RFC 5280 §4.2.2.1). */
export function caIssuers(url: string): Uint8Array {
  const access = sequence([oid(ACCESS.caIssuers), uri(url)]);
  return extension(EXTENSION.authorityInformationAccess, false, sequence([access]));
}

export function crlDistributionPoint(url: string): Uint8Array {
  return extension(EXTENSION.crlDistributionPoints, false, sequence([sequence([fullName([url])])]));
}

/** Of a CRL that covers only leaves, at these addresses (BR 7.2.2.1); each byte for byte as in the certificates. */
export function issuingDistributionPoint(urls: readonly string[]): Uint8Array {
  const onlyContainsUserCerts = implicit(1, Uint8Array.of(0xff));
  return extension(EXTENSION.issuingDistributionPoint, true, sequence([fullName(urls), onlyContainsUserCerts]));
}

export function crlNumber(number: number): Uint8Array {
  return extension(EXTENSION.crlNumber, false, integer(number));
}

/** CRLReason as in RFC 5280 §5.3.1. */
export function reasonCode(code: number): Uint8Array {
  return extension(EXTENSION.reasonCode, false, enumerated(code));
}

/** status_request, by which the certificate demands a stapled OCSP answer (RFC 7633 §4.1). */
export function mustStaple(): Uint8Array {
  return extension(EXTENSION.tlsFeature, false, sequence([integer(5)]));
}

/** The certificate may sign delegated credentials (RFC 9345 §4.2). */
export function delegationUsage(): Uint8Array {
  return extension(EXTENSION.delegationUsage, false, nullValue());
}

/** Proof of a tls-alpn-01 challenge: SHA-256 of the key authorization (RFC 8737 §3). */
export function acmeIdentifier(digest: Uint8Array): Uint8Array {
  return extension(EXTENSION.acmeIdentifier, true, octetString(digest));
}

const SAN_OID = oid(EXTENSION.subjectAltName);

/** DNS names as A-labels, and addresses as text. Critical where the subject is empty (BR 7.1.2.7.12). */
export function subjectAltName(names: readonly string[], critical: boolean): Uint8Array {
  const value = octetString(sequence(names.map(generalName)));
  return sequence(critical ? [SAN_OID, booleanTrue(), value] : [SAN_OID, value]);
}

function generalName(name: string): Uint8Array {
  if (isAddress(name)) return implicit(7, Uint8Array.from(ipaddr.parse(name).toByteArray()));
  return tlv(0x82, [Buffer.from(name, 'latin1')]);
}

/** Whether the name is an IPv4 or IPv6 address as text. */
export function isAddress(name: string): boolean {
  const last = name.charCodeAt(name.length - 1);
  const mayBe = (last >= 0x30 && last <= 0x39) || name.includes(':');
  return mayBe && isIP(name) !== 0;
}

function fullName(urls: readonly string[]): Uint8Array {
  return explicit(0, [explicit(0, urls.map(uri))]);
}

function uri(url: string): Uint8Array {
  return implicit(6, Buffer.from(url, 'latin1'));
}
