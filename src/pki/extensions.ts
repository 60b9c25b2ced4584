import { addressText, canonicalAddress } from './addresses.ts';
import { contextTag, content, type DerElement, DerError, inside, readWhole, TAG } from './der-reader.ts';
import { readBoolean, readOid, readSmallInteger } from './der-values.ts';
import { EXTENSION } from './oids.ts';

/** What requests and certificates share of the X.509 extensions (RFC 5280 §4.2). */

export interface Extension {
  /** Dotted. */
  oid: string;
  critical: boolean;
  /** DER inside the OCTET STRING. */
  value: Uint8Array;
}

/** The TLS extension number that a TLS feature asks for (RFC 7633 §4.2.1). */
const STATUS_REQUEST = 5;

const MAX_EXTENSIONS = 64;
/** More names than any product holds. */
const MAX_GENERAL_NAMES = 2000;
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** Extensions ::= SEQUENCE OF Extension. @throws DerError, for duplicates (RFC 5280 §4.2) too. */
export function readExtensions(element: DerElement): Extension[] {
  const items = inside(element);
  const extensions: Extension[] = [];
  while (items.more) {
    const extension = readExtension(items.next(TAG.sequence, 'an extension'));
    if (extensions.length === MAX_EXTENSIONS) throw new DerError(`there are more than ${MAX_EXTENSIONS} extensions`);
    if (extensions.some(({ oid }) => oid === extension.oid)) {
      throw new DerError(`the extension ${extension.oid} stands there twice`, element.start);
    }
    extensions.push(extension);
  }
  return extensions;
}

/** What stands in the `[3]` of a certificate or the `[0]` of a CRL; none where that is absent. @throws DerError */
export function readWrappedExtensions(wrapped: DerElement | null): Extension[] {
  if (!wrapped) return [];
  const inner = inside(wrapped);
  const extensions = readExtensions(inner.next(TAG.sequence, 'the extensions'));
  inner.done('the extensions');
  return extensions;
}

function readExtension(element: DerElement): Extension {
  const fields = inside(element);
  const oid = readOid(fields.next(TAG.oid, 'the type of an extension'));
  const critical = fields.optional(TAG.boolean);
  const value = content(fields.next(TAG.octetString, `the value of the extension ${oid}`));
  fields.done(`the extension ${oid}`);
  // DER leaves out defaults (X.690 §11.5), but clients write FALSE; nothing hangs on it.
  return { oid, critical: critical ? readBoolean(critical) : false, value };
}

export function findExtension(extensions: readonly Extension[], oid: string): Extension | undefined {
  return extensions.find((extension) => extension.oid === oid);
}

export interface AlternativeNames {
  /** dNSName entries in order, lower case, each once. */
  dnsNames: string[];
  /** iPAddress entries in order, as `addressText` writes them. */
  ipAddresses: string[];
  /** How many entries of other types there are. */
  others: number;
}

/** The subjectAltName extension (RFC 5280 §4.2.1.6); all empty where it is absent. @throws DerError */
export function readAlternativeNames(extensions: readonly Extension[]): AlternativeNames {
  const extension = findExtension(extensions, EXTENSION.subjectAltName);
  if (!extension) return { dnsNames: [], ipAddresses: [], others: 0 };
  const entries = inside(readWhole(extension.value, TAG.sequence, 'the subjectAltName extension'));
  const dnsNames = new Set<string>();
  const ipAddresses: string[] = [];
  let count = 0;
  while (entries.more) {
    const entry = entries.any();
    count += 1;
    if (count > MAX_GENERAL_NAMES) throw new DerError(`there are more than ${MAX_GENERAL_NAMES} alternative names`);
    if (entry.tag === contextTag(DNS_NAME)) dnsNames.add(readDnsName(entry));
    else if (entry.tag === contextTag(IP_ADDRESS)) ipAddresses.push(readIpAddress(entry));
    else if ((entry.tag & 0xc0) !== 0x80 || (entry.tag & 0x1f) > 8) {
      throw new DerError('an alternative name has an unknown type', entry.start);
    }
  }
  if (count === 0) throw new DerError('the subjectAltName extension is empty');
  return { dnsNames: [...dnsNames], ipAddresses, others: count - dnsNames.size - ipAddresses.length };
}

/**
 * DNS names and addresses as one list of texts. An empty text stands for entries of other types, and for a dNSName that
 * reads like an address: it is none to whoever compares it with one.
 */
export function textsOf({ dnsNames, ipAddresses, others }: AlternativeNames): string[] {
  const names = dnsNames.map((name) => (canonicalAddress(name) === null ? name : ''));
  return [...names, ...ipAddresses, ...(others > 0 ? [''] : [])];
}

/**
 * Visible ASCII only: a NUL or a space would let a name read differently to different programs. Whether it is a domain
 * name that may stand in a certificate is for the name policy to say.
 */
function readDnsName(entry: DerElement): string {
  if (entry.body === entry.end) throw new DerError('a dNSName is empty', entry.start);
  if (entry.end - entry.body > 255) throw new DerError('a dNSName has more than 255 characters', entry.start);
  let text = '';
  for (let at = entry.body; at < entry.end; at++) {
    const octet = entry.bytes[at] as number;
    if (octet <= 0x20 || octet > 0x7e) throw new DerError('a dNSName holds characters other than visible ASCII', at);
    text += String.fromCharCode(octet);
  }
  return text.toLowerCase();
}

function readIpAddress(entry: DerElement): string {
  const octets = content(entry);
  if (octets.length !== 4 && octets.length !== 16) throw new DerError('an iPAddress has a wrong length', entry.start);
  return addressText(octets);
}

/** Whether the TLS feature extension asks for status_request (RFC 7633 §4.2.1). @throws DerError */
export function readMustStaple(extensions: readonly Extension[]): boolean {
  const extension = findExtension(extensions, EXTENSION.tlsFeature);
  if (!extension) return false;
  const features = inside(readWhole(extension.value, TAG.sequence, 'the TLS feature extension'));
  let mustStaple = false;
  while (features.more) {
    if (readSmallInteger(features.next(TAG.integer, 'a TLS feature')) === STATUS_REQUEST) mustStaple = true;
  }
  return mustStaple;
}
