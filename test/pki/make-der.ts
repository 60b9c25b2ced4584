import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** DER written by hand, wrong on purpose where a test wants it. Shares nothing with the writer under `src`. */

/** One element with a right, minimal length. */
export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | octets.length]), octets]);
}

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
export const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
export const set = (...parts: Uint8Array[]): Buffer => der(0x31, ...parts);

/** Content octets given as hex. */
export const primitive = (tag: number, contentHex: string): Buffer => der(tag, hex(contentHex));

export const OID = {
  cn: '550403',
  o: '55040a',
  san: '551d11',
  extensionRequest: '2a864886f70d01090e',
  tlsFeature: '2b06010505070118',
};

export const attribute = (oid: string, value: Uint8Array): Buffer => set(sequence(primitive(6, oid), value));
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
export const dnsName = (text: string): Buffer => der(0x82, Buffer.from(text, 'latin1'));
export const extension = (oid: string, value: Uint8Array): Buffer => sequence(primitive(6, oid), der(4, value));
export const sanOf = (...names: Uint8Array[]): Buffer => extension(OID.san, sequence(...names));
export const extensionRequest = (...extensions: Uint8Array[]): Buffer =>
  sequence(primitive(6, OID.extensionRequest), set(sequence(...extensions)));

const ecKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const keyOf = { ec: ecKeys.privateKey, rsa: rsaKeys.privateKey };
export const spkiOf = (key: KeyObject): Buffer =>
  Buffer.from((key.type === 'private' ? publicHalf(key) : key).export({ format: 'der', type: 'spki' }));

function publicHalf(key: KeyObject): KeyObject {
  return key === ecKeys.privateKey ? ecKeys.publicKey : rsaKeys.publicKey;
}

export interface RequestParts {
  version?: Uint8Array;
  subject?: Uint8Array;
  spki?: Uint8Array;
  /** Elements of the `[0]`; null leaves the `[0]` out. */
  attributes?: Uint8Array[] | null;
  key?: KeyObject;
  identifier?: Uint8Array;
  /** Instead of a right one. */
  signature?: Uint8Array;
}

export const ECDSA_SHA256 = hex('300a06082a8648ce3d040302');
export const RSA_SHA256 = hex('300d06092a864886f70d01010b0500');

/** A request, signed over SHA-256, with any part replaced. DER. */
export function makeRequest(parts: RequestParts = {}): Buffer {
  const key = parts.key ?? keyOf.ec;
  const attributes = parts.attributes === undefined ? [] : parts.attributes;
  const info = sequence(
    parts.version ?? primitive(2, '00'),
    parts.subject ?? sequence(attribute(OID.cn, utf8('a.test'))),
    parts.spki ?? spkiOf(key),
    ...(attributes === null ? [] : [der(0xa0, ...attributes)]),
  );
  const identifier = parts.identifier ?? (key.asymmetricKeyType === 'rsa' ? RSA_SHA256 : ECDSA_SHA256);
  const signature = parts.signature ?? sign('sha256', info, key);
  return sequence(info, identifier, der(3, hex('00'), signature));
}

/** As an API client sends it. */
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** A SubjectPublicKeyInfo of RSA from its numbers. */
export function rsaSpki(modulus: bigint, exponent: bigint): Buffer {
  const key = sequence(integer(modulus), integer(exponent));
  return sequence(hex('300d06092a864886f70d0101010500'), der(3, hex('00'), key));
}

/** An INTEGER above or equal to zero. */
export function integer(value: bigint): Buffer {
  const digits = value.toString(16);
  const octets = hex(digits.padStart(digits.length + (digits.length % 2), '0'));
  return der(2, (octets[0] as number) > 0x7f ? Buffer.concat([hex('00'), octets]) : octets);
}
