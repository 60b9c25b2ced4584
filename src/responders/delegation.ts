import { createHmac } from 'node:crypto';
import { plainHost } from './hosts.ts';

/** Where `_acme-challenge` names are delegated to by CNAME: names below a zone that the desk's DNS responder serves. */
export interface Delegation {
  zone: string;
  /** The name to which `_acme-challenge.NAME` must point; the same for NAME and `*.NAME`, and in every process. */
  targetFor(name: string): string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
/** 160 bits: nobody finds a name with the label of another. */
const LABEL_OCTETS = 20;

/** Whether a label has the form of those that we give out. */
export function isDelegationLabel(label: string): boolean {
  return /^[a-z2-7]{32}$/.test(label);
}

/** @param key of this desk; labels do not tell the names they stand for to who does not know it */
export function createDelegation(zone: string, key: Uint8Array): Delegation {
  return {
    zone,
    targetFor: (name) => {
      const host = plainHost(name).replace(/^\*\./, '');
      const octets = createHmac('sha256', key).update(host).digest().subarray(0, LABEL_OCTETS);
      return `${base32(octets)}.${zone}`;
    },
  };
}

/** RFC 4648 §6 in lower case; the octets come in fives. */
function base32(octets: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const octet of octets) {
    value = (value << 8) | octet;
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(value >> (bits - 5)) & 31];
    value &= 0xff;
  }
  return text;
}
