import { DeskError } from '../core/errors.ts';

const LINE = 64;

/** DER as PEM (RFC 7468 §2): 64 columns, line feeds, a line feed at the end. `label` such as `CERTIFICATE`. */
export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64');
  let body = '';
  for (let start = 0; start < base64.length; start += LINE) body += `${base64.slice(start, start + LINE)}\n`;
  return `-----BEGIN ${label}-----\n${body}-----END ${label}-----\n`;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END \1-----/;

/**
 * DER of the first PEM block of the text, of the first with this label where one is given.
 * @throws DeskError `invalid-value` where there is none or its base64 is damaged.
 */
export function fromPem(text: string, label?: string): Uint8Array {
  const wanted = label === undefined ? BLOCK : new RegExp(BLOCK.source.replace('([A-Z0-9 ]{1,64})', `(${label})`));
  const match = wanted.exec(text);
  if (match === null) throw new DeskError('invalid-value', `There is no PEM block${label ? ` "${label}"` : ''}`);
  const base64 = (match[2] ?? '').replace(/\s+/g, '');
  if (base64.length === 0 || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new DeskError('invalid-value', `The base64 of the PEM block "${match[1]}" is damaged`);
  }
  return Buffer.from(base64, 'base64');
}
