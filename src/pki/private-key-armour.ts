import { DerError } from './der-reader.ts';

/** Largest text: an RSA-8192 key takes 6.4 kB. */
const MAX_LENGTH = 32 * 1024;
const MAX_OCTETS = 16 * 1024;

const BEGIN = /-----BEGIN ((?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY)-----/g;
const LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * DER out of what people send as a private key: PEM (RFC 7468) with any line breaks, other blocks (EC PARAMETERS, a
 * certificate) around it, bare base64, or DER.
 * @throws DerError where there is none, more than one, or one that is encrypted
 */
export function privateKeyDer(input: string | Uint8Array): Uint8Array {
  if (typeof input !== 'string') {
    if (input.length > MAX_OCTETS) throw new DerError(`it has more than ${MAX_OCTETS} bytes`);
    return input;
  }
  if (input.length > MAX_LENGTH) throw new DerError(`the text has more than ${MAX_LENGTH} characters`);
  const begins = [...input.matchAll(BEGIN)];
  if (begins.length > 1) throw new DerError('the text holds more than one private key');
  const [begin] = begins;
  if (begin === undefined) {
    if (input.includes('-----BEGIN')) throw new DerError('the text holds no PEM block of a private key');
    return decode(input);
  }
  const label = begin[1] as string;
  const start = begin.index + begin[0].length;
  const end = input.indexOf(`-----END ${label}-----`, start);
  if (end < 0) throw new DerError(`the line -----END ${label}----- is missing`);
  const body = input.slice(start, end);
  // PKCS #8's own, and the RFC 1421 headers of OpenSSL's older form.
  if (label.startsWith('ENCRYPTED') || body.includes('ENCRYPTED')) {
    throw new DerError('it is encrypted: send it without a passphrase');
  }
  if (!LABELS.includes(label)) throw new DerError(`a ${label} is not supported`);
  return decode(body);
}

function decode(text: string): Uint8Array {
  // Callers who escape JSON by hand send the two characters \n for a line break.
  const body = text.replace(/\s+|\\[rn]/g, '');
  if (body === '') throw new DerError('it is empty');
  if (!BASE64.test(body) || body.length % 4 !== 0) throw new DerError('it is neither PEM nor base64');
  return Buffer.from(body, 'base64');
}
