import { readCertificateDetails } from '../../pki/certificate-reader.ts';
import type { Instant } from '../../core/time.ts';
import { AcmeError } from './problems.ts';
import { isRecord, momentOf } from './read.ts';

/** RFC 9773. */

export interface RenewalInfo {
  start: Instant;
  end: Instant;
  explanationUrl: string | null;
}

/** RFC 9773 §4.1: key identifier of the issuer and serial, each base64url; null where the certificate lacks the first. */
export function certIdOf(certificate: Uint8Array): string | null {
  const { known, parsed } = readCertificateDetails(certificate);
  if (known.authorityKeyId === null) return null;
  return `${base64url(known.authorityKeyId)}.${base64url(serialOctets(parsed.serial))}`;
}

/** Content octets of the serial's INTEGER: where the first bit is set, a zero octet keeps it positive. */
function serialOctets(serial: string): string {
  const even = serial.length % 2 === 0 ? serial : `0${serial}`;
  return Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even;
}

function base64url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}

export function renewalInfoUrl(base: string, certId: string): string {
  return `${base.replace(/\/$/, '')}/${certId}`;
}

/** RFC 9773 §4.2: a window that ends before it begins counts as no answer. @throws AcmeError */
export function readRenewalInfo(value: unknown): RenewalInfo {
  const window = isRecord(value) && isRecord(value['suggestedWindow']) ? value['suggestedWindow'] : {};
  const start = momentOf(window['start']);
  const end = momentOf(window['end']);
  if (start === null || end === null || end <= start) {
    throw new AcmeError('The CA answered with a renewal window that is none');
  }
  const url = isRecord(value) ? value['explanationURL'] : null;
  return { start, end, explanationUrl: typeof url === 'string' && isWebPage(url) ? url : null };
}

/** It is shown to people, so nothing but a web page. */
function isWebPage(text: string): boolean {
  const url = text.length <= 500 ? URL.parse(text) : null;
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}
