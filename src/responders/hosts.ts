import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A name or address as answers are kept under it: lower case, no final dot; addresses in their one short form. */
export function plainHost(text: string): string {
  if (isIP(text) !== 0) return plainAddress(text);
  return text.toLowerCase().replace(/\.$/, '');
}

function plainAddress(text: string): string {
  const address = ipaddr.parse(text);
  return address.kind() === 'ipv4' ? address.toString() : (address as ipaddr.IPv6).toRFC5952String();
}

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** The host of a `Host` header (RFC 9110 §7.2) without port and brackets; null where it is none. */
export function hostOf(header: string): string | null {
  const [, literal, name] = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^:[\]]{1,254}))(?::\d{0,5})?$/.exec(header) ?? [];
  if (literal !== undefined) return isIP(literal) === 6 ? plainHost(literal) : null;
  if (name === undefined) return null;
  const host = plainHost(name);
  return isIPv4(host) || NAME.test(host) ? host : null;
}

/**
 * The identifier that a server name of TLS stands for: the name itself, or the address whose reverse-mapping name it
 * is (RFC 8738 §6). Null for what is no name.
 */
export function identifierOf(serverName: string): string | null {
  const name = plainHost(serverName);
  if (!NAME.test(name)) return null;
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (v4 !== null) {
    const address = v4.slice(1).toReversed().join('.');
    return isIPv4(address) ? address : null;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  if (v6 === undefined) return name;
  const nibbles = v6.split('.').slice(0, 32).toReversed().join('');
  return plainHost((nibbles.match(/.{4}/g) ?? []).join(':'));
}
