import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Clock } from '../core/time.ts';
import { isDelegationLabel } from './delegation.ts';
import { CLASS, nameOctets, soaData, textData, TYPE, type WireRecord } from './dns-writer.ts';

/** The zone of the DNS responder, as configured. All names lower case, without final dot. */
export interface ZoneSettings {
  zone: string;
  /** Empty: `ns1.` and the zone. */
  nameServers: readonly string[];
  /** Addresses of those name servers that lie in the zone. */
  addresses: readonly string[];
}

export interface Zone {
  name: string;
  /** Records of a type at a name of the zone; null where there is no such name (RFC 8020). */
  find(name: string, type: number, owner: Uint8Array): Promise<WireRecord[] | null>;
  /** For negative answers (RFC 2308 §3). */
  soa(): WireRecord;
}

/** Short, so that what is published counts at once, wherever answers are kept. */
const ANSWER_TTL = 1;
const INFRASTRUCTURE_TTL = 3_600;
/** Values of one name that are given out; each takes 57 octets. */
const MOST_VALUES = 12;

/**
 * The zone: SOA and NS at its top, addresses of name servers in it, and TXT records of published challenges. Each
 * name that has the form of those we give out exists, with or without a challenge: nobody learns which are in use,
 * and no resolver keeps "there is no such name" while one is about to be published.
 * @param values TXT values published at a name
 */
export function createZone(settings: ZoneSettings, values: (name: string) => Promise<string[]>, clock: Clock): Zone {
  const { zone, addresses } = settings;
  const servers = settings.nameServers.length > 0 ? settings.nameServers : [`ns1.${zone}`];
  const own = servers.filter((server) => server.endsWith(`.${zone}`));
  const apex = nameOctets(zone);

  const soaRecord = (owner: Uint8Array, ttl: number): WireRecord => ({
    owner,
    type: TYPE.SOA,
    class: CLASS.IN,
    ttl,
    data: soaData({
      primary: servers[0] ?? `ns1.${zone}`,
      mailbox: `hostmaster.${zone}`,
      serial: Math.floor(clock.now() / 1_000),
      refresh: 3_600,
      retry: 600,
      expire: 604_800,
      minimum: ANSWER_TTL,
    }),
  });

  const record = (owner: Uint8Array, type: number, ttl: number, data: Uint8Array): WireRecord => ({
    owner,
    type,
    class: CLASS.IN,
    ttl,
    data,
  });

  function atApex(type: number, owner: Uint8Array): WireRecord[] {
    if (type === TYPE.SOA) return [soaRecord(owner, INFRASTRUCTURE_TTL)];
    if (type === TYPE.NS) return servers.map((server) => record(owner, type, INFRASTRUCTURE_TTL, nameOctets(server)));
    return [];
  }

  function ofServer(type: number, owner: Uint8Array): WireRecord[] {
    const wanted = addresses.filter((address) => (isIPv4(address) ? TYPE.A : TYPE.AAAA) === type);
    return wanted.map((address) =>
      record(owner, type, INFRASTRUCTURE_TTL, Uint8Array.from(ipaddr.parse(address).toByteArray())),
    );
  }

  async function find(name: string, type: number, owner: Uint8Array): Promise<WireRecord[] | null> {
    if (name === zone) return atApex(type, owner);
    if (own.includes(name)) return ofServer(type, owner);
    const label = name.slice(0, -zone.length - 1);
    if (!isDelegationLabel(label)) return own.some((server) => server.endsWith(`.${name}`)) ? [] : null;
    if (type !== TYPE.TXT) return [];
    const found = await values(name);
    return found.slice(0, MOST_VALUES).map((value) => record(owner, TYPE.TXT, ANSWER_TTL, textData(value)));
  }

  return { name: zone, find, soa: () => soaRecord(apex, ANSWER_TTL) };
}
