import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { CertificateDetails } from '../../../pki/certificate-reader.ts';
import type { DistinguishedName } from '../../../pki/distinguished-name.ts';
import { publicKeyBits } from '../../../pki/public-key.ts';
import { readPublicKey } from '../../../pki/keys.ts';
import { openSslLine } from './names-of.ts';

/** What `openssl x509 -text`, `req -text` and `pkey -text` print of the parts that people look for. */

export function certificateText(details: CertificateDetails): string {
  const { parsed, issuer, subject, signatureAlgorithm, signature } = details;
  return linesOf([
    'Certificate:',
    '    Data:',
    '        Version: 3 (0x2)',
    '        Serial Number:',
    `            ${pairs(parsed.serial.toLowerCase())}`,
    `        Signature Algorithm: ${signatureAlgorithm.name}`,
    `        Issuer: ${openSslLine(issuer)}`,
    '        Validity',
    `            Not Before: ${time(parsed.notBefore)}`,
    `            Not After : ${time(parsed.notAfter)}`,
    `        Subject: ${openSslLine(subject)}`,
    '        Subject Public Key Info:',
    ...publicKeyLines(parsed.spki),
    '        X509v3 extensions:',
    ...extensionLines(details),
    `    Signature Algorithm: ${signatureAlgorithm.name}`,
    '    Signature Value:',
    ...octets(signature, 18, 8),
  ]);
}

interface RequestText {
  subject: DistinguishedName;
  spki: Uint8Array;
  names: readonly string[];
}

export function csrText({ subject, spki, names }: RequestText): string {
  const requested = ['        Requested Extensions:', ...alternativeNameLines(names)];
  return linesOf([
    'Certificate Request:',
    '    Data:',
    '        Version: 1 (0x0)',
    `        Subject: ${openSslLine(subject)}`,
    '        Subject Public Key Info:',
    ...publicKeyLines(spki),
    ...(names.length === 0 ? [] : requested),
  ]);
}

/** `pem` of the private key. The text holds the key as much as the PEM does. */
export function keyText(pem: string): string {
  const key = createPrivateKey(pem);
  const jwk = key.export({ format: 'jwk' }) as Readonly<Record<string, string | undefined>>;
  const lines = (name: string, title: string): string[] => {
    const value = Buffer.from(jwk[name] ?? '', 'base64url');
    return [`${title}:`, ...octets(signed(value), 15, 4)];
  };
  if (key.asymmetricKeyType === 'rsa') {
    return linesOf([
      `Private-Key: (${key.asymmetricKeyDetails?.modulusLength} bit, 2 primes)`,
      ...lines('n', 'modulus'),
      `publicExponent: ${exponent(Buffer.from(jwk.e ?? '', 'base64url'))}`,
      ...lines('d', 'privateExponent'),
      ...lines('p', 'prime1'),
      ...lines('q', 'prime2'),
      ...lines('dp', 'exponent1'),
      ...lines('dq', 'exponent2'),
      ...lines('qi', 'coefficient'),
    ]);
  }
  const [x, y, d] = ['x', 'y', 'd'].map((name) => Buffer.from(jwk[name] ?? '', 'base64url'));
  return linesOf([
    `Private-Key: (${(x as Buffer).length === 66 ? 521 : (x as Buffer).length * 8} bit)`,
    'priv:',
    ...octets(d as Buffer, 15, 4),
    'pub:',
    ...octets(Buffer.concat([Buffer.of(4), x as Buffer, y as Buffer]), 15, 4),
    ...curveLines(jwk.crv ?? '', 0),
  ]);
}

const CURVES: Readonly<Record<string, string>> = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };

function curveLines(name: string, indent: number): string[] {
  const space = ' '.repeat(indent);
  return [`${space}ASN1 OID: ${CURVES[name] ?? name}`, `${space}NIST CURVE: ${name}`];
}

function publicKeyLines(spki: Uint8Array): string[] {
  const key = readPublicKey(spki);
  if (key.algorithm === 'RSA') {
    return [
      '            Public Key Algorithm: rsaEncryption',
      `                Public-Key: (${key.bits} bit)`,
      '                Modulus:',
      ...octets(signed(key.modulus), 15, 20),
      `                Exponent: ${exponent(key.exponent)}`,
    ];
  }
  return [
    '            Public Key Algorithm: id-ecPublicKey',
    `                Public-Key: (${key.bits} bit)`,
    '                pub:',
    ...octets(publicKeyBits(spki), 15, 20),
    ...curveLines(`P-${key.bits}`, 16),
  ];
}

function extensionLines({ parsed, known }: CertificateDetails): string[] {
  const usage = new X509Certificate(parsed.der).keyUsage;
  const { basicConstraints, subjectKeyId, authorityKeyId, policies, crlDistributionPoints, caIssuers, ocsp } = known;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`            X509v3 ${title}: `, ...lines.map((line) => `                ${line}`)];
  const access = [...ocsp.map((url) => `OCSP - URI:${url}`), ...caIssuers.map((url) => `CA Issuers - URI:${url}`)];
  return [
    ...section('Basic Constraints', basicConstraints === null ? [] : [`CA:${basicConstraints.ca ? 'TRUE' : 'FALSE'}`]),
    ...section('Subject Key Identifier', subjectKeyId === null ? [] : [pairs(subjectKeyId).toUpperCase()]),
    ...section('Authority Key Identifier', authorityKeyId === null ? [] : [pairs(authorityKeyId).toUpperCase()]),
    ...section(
      'Extended Key Usage',
      (usage ?? []).map((oid) => PURPOSES[oid] ?? oid),
    ),
    ...section(
      'Certificate Policies',
      policies.map((policy) => `Policy: ${policy}`),
    ),
    ...section(
      'CRL Distribution Points',
      crlDistributionPoints.map((url) => `URI:${url}`),
    ),
    ...(access.length === 0
      ? []
      : ['            Authority Information Access: ', ...access.map((line) => `                ${line}`)]),
    ...(parsed.dnsNames.length === 0 ? [] : alternativeNameLines(parsed.dnsNames)),
  ];
}

const PURPOSES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS Web Server Authentication',
  '1.3.6.1.5.5.7.3.2': 'TLS Web Client Authentication',
};

function alternativeNameLines(names: readonly string[]): string[] {
  return [
    '            X509v3 Subject Alternative Name: ',
    `                ${names.map((name) => `DNS:${name}`).join(', ')}`,
  ];
}

/** With a zero in front where the first bit is set: the number is not negative. */
function signed(magnitude: Uint8Array): Uint8Array {
  return (magnitude[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude;
}

/** `00:b1:16:`, so many in a line. */
function octets(bytes: Uint8Array, inLine: number, indent: number): string[] {
  const all = [...bytes].map((octet) => octet.toString(16).padStart(2, '0'));
  const lines: string[] = [];
  for (let at = 0; at < all.length; at += inLine) {
    const last = at + inLine >= all.length;
    lines.push(`${' '.repeat(indent)}${all.slice(at, at + inLine).join(':')}${last ? '' : ':'}`);
  }
  return lines;
}

function pairs(hex: string): string {
  return hex.match(/../g)?.join(':') ?? '';
}

function exponent(magnitude: Uint8Array): string {
  const value = BigInt(`0x${Buffer.from(magnitude).toString('hex')}`);
  return `${value} (0x${value.toString(16)})`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Nov  2 03:50:53 2026 GMT` */
function time(at: number): string {
  const date = new Date(at);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${MONTHS[date.getUTCMonth()]} ${day} ${date.toISOString().slice(11, 19)} ${date.getUTCFullYear()} GMT`;
}

function linesOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
