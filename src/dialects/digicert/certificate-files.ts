import { zipSync, type Zippable } from 'fflate';
import type { Certificate } from '../../core/records.ts';
import { certificatesAsPkcs7 } from '../../pki/pkcs7.ts';
import { crlfPem } from './pem.ts';

/** Formats of a download. */
export const FORMATS = [
  'default',
  'apache',
  'default_cer',
  'default_pem',
  'cer',
  'p7b',
  'pem_all',
  'pem_nointermediate',
  'pem_noroot',
] as const;
export type Format = (typeof FORMATS)[number];

export const ZIP = 'application/zip';
export const PEM_FILE = 'application/x-pem-file';
export const PKCS7_FILE = 'application/x-pkcs7-certificates';

/** A certificate with those above it: issuing one first, root last. */
export interface Material {
  certificate: Certificate;
  chain: readonly Uint8Array[];
}

export interface CertificateFile {
  type: string;
  body: string | Uint8Array;
  /** Holds letters, digits, `.`, `_` and `-` only. */
  fileName: string;
}

/** A certificate as a file. All formats hold PEM. */
export function certificateFile(format: Format, material: Material): CertificateFile {
  const { certificate, chain } = material;
  const all = [certificate.der, ...chain];
  const base = baseName(certificate.commonName);
  switch (format) {
    case 'default':
    case 'default_pem':
      return zipOf(base, 'crt', material, true);
    case 'default_cer':
      return zipOf(base, 'cer', material, true);
    case 'apache':
      return zipOf(base, 'crt', material, false);
    case 'cer':
    case 'p7b':
      return { type: PKCS7_FILE, body: crlfPem('PKCS7', certificatesAsPkcs7(all)), fileName: `${base}.${format}` };
    case 'pem_all':
      return pemFile(base, all);
    case 'pem_noroot':
      return pemFile(base, all.slice(0, Math.max(1, all.length - 1)));
    case 'pem_nointermediate':
      return pemFile(base, [certificate.der]);
  }
}

/**
 * The blocks of a PEM download as files of a ZIP, for who asks for that type. Its readers take the first name that
 * speaks of no intermediate and no root for the certificate itself, whatever its own name is.
 */
export function pemsAsZip({ certificate, chain }: Material): CertificateFile {
  const files: Zippable = { 'certificate.pem': pemBytes(certificate.der) };
  for (const [index, der] of chain.entries()) {
    const number = index === 0 ? '' : String(index + 1);
    files[index === chain.length - 1 ? 'root.pem' : `intermediate${number}.pem`] = pemBytes(der);
  }
  return zip(files, certificate);
}

function pemFile(base: string, ders: readonly Uint8Array[]): CertificateFile {
  return { type: PEM_FILE, body: ders.map((der) => crlfPem('CERTIFICATE', der)).join(''), fileName: `${base}.pem` };
}

function zipOf(base: string, ending: string, { certificate, chain }: Material, withRoot: boolean): CertificateFile {
  const files: Zippable = { [`${base}.${ending}`]: pemBytes(certificate.der) };
  const root = chain.length - 1;
  for (const [index, der] of chain.entries()) {
    if (index === root && !withRoot) continue;
    const number = index === 0 ? '' : String(index + 1);
    files[`${index === root ? 'TrustedRoot' : `DigiCertCA${number}`}.${ending}`] = pemBytes(der);
  }
  return zip(files, certificate);
}

function zip(files: Zippable, { createdAt, commonName }: Certificate): CertificateFile {
  // ZIP knows no time before 1980.
  const mtime = new Date(Math.max(createdAt, Date.UTC(1980, 0, 2)));
  return { type: ZIP, body: zipSync(files, { mtime }), fileName: `${baseName(commonName)}.zip` };
}

function pemBytes(der: Uint8Array): Uint8Array {
  return new TextEncoder().encode(crlfPem('CERTIFICATE', der));
}

/** The name of an imported certificate may be anything: nothing in it may lead out of a folder or end a header. */
function baseName(commonName: string): string {
  return (
    commonName
      .replace('*', 'star')
      .replaceAll(/[^A-Za-z0-9]/g, '_')
      .slice(0, 100) || 'certificate'
  );
}
