/**
 * Takes the DER out of what people paste: PEM (RFC 7468) with any line breaks or none, text around it, or bare base64.
 */

/** What is wrong with the text around the DER. Only inside `src/pki`. */
export class ArmourError extends Error {}

export interface ArmourKind {
  /** For messages: `certificate request`. */
  what: string;
  /** Accepted labels: `CERTIFICATE REQUEST` … */
  labels: readonly string[];
  /** Longest text, in characters. */
  maxLength: number;
}

const BEGIN = /-----BEGIN ([A-Z0-9 #]{1,40})-----/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The DER inside the text.
 * @throws ArmourError where there is none, more than one, another kind, or a private key.
 */
export function removeArmour(text: string, kind: ArmourKind): Uint8Array {
  if (text.length > kind.maxLength) throw new ArmourError(`the text has more than ${kind.maxLength} characters`);
  const begins = [...text.matchAll(BEGIN)];
  if (begins.some((begin) => begin[1]?.endsWith('PRIVATE KEY'))) {
    throw new ArmourError(
      'the text holds a private key; keep it secret, make a new key and send only what belongs here',
    );
  }
  const wanted = begins.filter((begin) => kind.labels.includes(begin[1] as string));
  if (begins.length === 0) return decodeBase64(text, kind);
  const begin = wanted[0];
  if (!begin) throw new ArmourError(`the text holds a ${begins[0]?.[1]} where a ${kind.what} is expected`);
  if (wanted.length > 1) throw new ArmourError(`the text holds more than one ${kind.what}`);
  const start = begin.index + begin[0].length;
  const end = text.indexOf(`-----END ${begin[1]}-----`, start);
  if (end < 0) throw new ArmourError(`the line -----END ${begin[1]}----- is missing`);
  return decodeBase64(text.slice(start, end), kind);
}

function decodeBase64(text: string, kind: ArmourKind): Uint8Array {
  // Callers who escape JSON by hand send the two characters \n for a line break.
  const body = text.replace(/\s+|\\[rn]/g, '');
  if (body === '') throw new ArmourError(`the ${kind.what} is empty`);
  if (!BASE64.test(body) || body.length % 4 !== 0) throw new ArmourError(`the ${kind.what} is neither PEM nor base64`);
  return Buffer.from(body, 'base64');
}
