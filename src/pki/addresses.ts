import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An IP address of 4 or 16 octets as text: dotted, or as RFC 5952 §4 writes it. */
export function addressText(octets: Uint8Array): string {
  return ipaddr.fromByteArray([...octets]).toString();
}

/** The same text for every way of writing an IP address, as `addressText`; null for what is none, or has a zone. */
export function canonicalAddress(text: string): string | null {
  return isIP(text) === 0 || text.includes('%') ? null : ipaddr.parse(text).toString();
}
