import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DeskError, invalidValue } from '../core/errors.ts';
import { REFUSED_V4, REFUSED_V6 } from './special-addresses.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

export interface AddressGuard {
  /**
   * Returns where the desk may connect to `address` (IPv4 or IPv6 text, without brackets).
   * @throws DeskError `not-allowed` with the range that refuses it; also for text that is no address.
   */
  check(address: string): void;
}

export interface AddressGuardOptions {
  /** Ranges in CIDR form that the installation opens although they are special: `127.0.0.0/8`, `fd12::/16`. */
  allow?: readonly string[];
}

interface NamedRange {
  range: Range;
  text: string;
  use: string;
}

const V4: readonly NamedRange[] = REFUSED_V4.map(named);
const V6: readonly NamedRange[] = REFUSED_V6.map(named);
const GLOBAL_UNICAST: Range = ipaddr.parseCIDR('2000::/3');

/**
 * The gate before every connection whose target somebody outside has named. Refuses every special-purpose range,
 * multicast and reserved space, and IPv6 addresses that carry an IPv4 address inside.
 * @throws DeskError `invalid-value` where a range of `allow` cannot be read.
 */
export function createAddressGuard(options: AddressGuardOptions = {}): AddressGuard {
  const allowed = (options.allow ?? []).map(readRange);

  function check(text: string): void {
    // isIP first: ipaddr.js alone would also read `0x7f.1` and `2130706433`.
    if (isIP(text) === 0 || text.includes('%')) {
      throw new DeskError('not-allowed', `${text} is not a plain IP address`);
    }
    const address = ipaddr.parse(text);
    if (allowed.some((range) => inRange(address, range))) return;

    const found = (address.kind() === 'ipv4' ? V4 : V6).find((candidate) => inRange(address, candidate.range));
    if (found !== undefined) throw refused(text, `${found.use}, ${found.text}`);
    if (address.kind() === 'ipv6' && !inRange(address, GLOBAL_UNICAST)) throw refused(text, 'not global unicast');
  }

  return { check };
}

function refused(address: string, why: string): DeskError {
  return new DeskError(
    'not-allowed',
    `${address} is a special address (${why}) and its range is not opened by the configuration`,
  );
}

function named([text, use]: readonly [string, string]): NamedRange {
  return { range: ipaddr.parseCIDR(text), text, use };
}

function readRange(text: string): Range {
  const slash = text.indexOf('/');
  if (isIP(slash < 0 ? text : text.slice(0, slash)) === 0) {
    throw invalidValue('allow', `${text} is not an address range; write it as 192.0.2.0/24 or fd12::/16`, text);
  }
  try {
    if (slash >= 0) return ipaddr.parseCIDR(text);
    const address = ipaddr.parse(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    throw invalidValue('allow', `${text} is not an address range; write it as 192.0.2.0/24 or fd12::/16`, text);
  }
}

function inRange(address: Address, [base, bits]: Range): boolean {
  return address.kind() === base.kind() && address.match(base as never, bits);
}
