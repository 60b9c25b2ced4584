import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { baseOf, isAddress } from '../../core/names.ts';
import type { IssueAsk } from '../../core/ports.ts';
import { COUNTED_OVER, type LimitName, type Limit, type Limits } from './limits.ts';

/** A bucket of a limit: what is counted, over whom. */
export interface Bucket extends Limit {
  /** Name of the issuer, or origin of the CA. */
  issuer: string;
  bucket: string;
  /** Only looked at: the use itself is put down when it happens. */
  look?: true;
}

export interface CountedBy {
  limits: Limits;
  /** Name of the issuer. */
  name: string;
  /** Origin of its directory. */
  origin: string;
  registrableDomain: (name: string) => string | null;
}

/** What a new order counts towards. `byHint`: it names what it replaces. `sameNames`: as an earlier certificate. */
export function bucketsOfOrder(
  by: CountedBy,
  { names }: Pick<IssueAsk, 'names'>,
  how: { byHint: boolean; sameNames: boolean },
): Bucket[] {
  const failures = names.flatMap((name) => bucket(by, 'failuresPerName', baseOf(name)));
  const looked = failures.map((one): Bucket => ({ ...one, look: true }));
  if (how.byHint) return looked;
  const domains = new Set(how.sameNames ? [] : names.map((name) => domainOf(by, name)));
  return [
    ...looked,
    ...bucket(by, 'ordersPerAccount', ''),
    ...bucket(by, 'certificatesPerNames', [...names].toSorted().join(',')),
    ...[...domains].flatMap((domain) => bucket(by, 'certificatesPerDomain', domain)),
  ];
}

export function bucketsOfAccount(by: CountedBy): Bucket[] {
  return bucket(by, 'accountsPerAddress', '');
}

/** For names whose validation has failed. */
export function bucketsOfFailures(by: CountedBy, names: readonly string[]): Bucket[] {
  return names.flatMap((name) => bucket(by, 'failuresPerName', baseOf(name)));
}

function bucket({ limits, name, origin }: CountedBy, limit: LimitName, whose: string): Bucket[] {
  const rate = limits[limit];
  if (rate === undefined) return [];
  return [
    {
      ...rate,
      issuer: COUNTED_OVER[limit] === 'ca' ? origin : name,
      bucket: whose === '' ? limit : `${limit} ${whose}`,
    },
  ];
}

/**
 * The registered domain of a name; the name itself where it has none. An IPv4 address counts by itself, one of IPv6 with
 * its network of 64 bits: whoever holds one holds them all.
 */
export function domainOf({ registrableDomain }: Pick<CountedBy, 'registrableDomain'>, name: string): string {
  if (isAddress(name)) return networkOf(name);
  return registrableDomain(baseOf(name)) ?? baseOf(name);
}

function networkOf(address: string): string {
  return isIPv6(address) ? `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()}/64` : address;
}
