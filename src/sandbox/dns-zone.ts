import type { Answer } from 'dns-packet';
import { DeskError, invalidValue } from '../core/errors.ts';
import { type PublishedRecord, type RecordText, readRecord, SANDBOX_TTL, toAnswer } from './dns-records.ts';
import { isEmptyParent, plainName, reservedSuffix } from './reserved-names.ts';

const MAX_RECORDS = 10_000;
const MAX_RECORDS_PER_NAME = 20;
const MAX_CNAMES = 8;

export interface ZoneAnswer {
  rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  answers: Answer[];
  /** The SOA of the suffix where the answer is negative (RFC 2308 §3). */
  authorities: Answer[];
}

/** What is published for the reserved names, in memory. */
export interface Zone {
  /** Publishes a record; once more does nothing. @throws DeskError `invalid-value`, `conflict` where the sandbox is full */
  add(text: RecordText): void;
  /** Takes a record back; one that is not there is no error. @throws DeskError `invalid-value` */
  remove(text: RecordText): void;
  records(): PublishedRecord[];
  /** Answers a question of type `type` (or `ANY`) for a name as asked. */
  lookup(name: string, type: string): ZoneAnswer;
}

/**
 * The records of the reserved names.
 *
 * A host name (no underscore) without an address of its own has the A record `defaultAddress`, so that it reaches the
 * sandbox's web server without further ado. It therefore exists, and asking it for another type is NODATA; a name like
 * `_dnsauth.shop.example` exists only once something is published at or below it, and is NXDOMAIN before.
 */
export function createZone(defaultAddress: string): Zone {
  const byName = new Map<string, PublishedRecord[]>();
  let count = 0;

  const at = (name: string): PublishedRecord[] => byName.get(name) ?? [];

  function add(text: RecordText): void {
    const record = readRecord(text);
    const others = at(record.name);
    if (others.some((other) => isSame(other, record))) return;
    if (others.some((other) => other.type === 'CNAME' || record.type === 'CNAME')) {
      throw invalidValue('type', 'A name with a CNAME record holds no other record (RFC 1034 §3.6.2)', record.type);
    }
    if (others.length >= MAX_RECORDS_PER_NAME || count >= MAX_RECORDS) {
      throw new DeskError('conflict', 'The sandbox is full: take back records that are no longer needed');
    }
    byName.set(record.name, [...others, record]);
    count += 1;
  }

  function remove(text: RecordText): void {
    const record = readRecord(text);
    const others = at(record.name);
    const left = others.filter((other) => !isSame(other, record));
    count -= others.length - left.length;
    if (left.length === 0) byName.delete(record.name);
    else byName.set(record.name, left);
  }

  function effective(name: string): PublishedRecord[] {
    const own = at(name);
    const settled = own.some((record) => ['A', 'AAAA', 'CNAME'].includes(record.type));
    if (settled || name.includes('_')) return own;
    return [...own, { name, type: 'A', value: defaultAddress }];
  }

  function exists(name: string): boolean {
    // RFC 8020 §2: a name above an existing one exists.
    return effective(name).length > 0 || byName.keys().some((other) => other.endsWith(`.${name}`));
  }

  function lookup(asked: string, type: string): ZoneAnswer {
    const answers: Answer[] = [];
    let owner = asked;
    for (let hops = 0; hops <= MAX_CNAMES; hops += 1) {
      const name = plainName(owner);
      const suffix = reservedSuffix(name);
      if (suffix === null) return outside(name, answers);
      const here = effective(name);
      const wanted = here.filter((record) => type === 'ANY' || record.type === type);
      answers.push(...wanted.map((record) => toAnswer(record, owner)));
      if (wanted.length > 0) return { rcode: 'NOERROR', answers, authorities: [] };
      const alias = here.find((record) => record.type === 'CNAME');
      if (alias === undefined) {
        return { rcode: exists(name) ? 'NOERROR' : 'NXDOMAIN', answers, authorities: [startOfAuthority(suffix)] };
      }
      answers.push(toAnswer(alias, owner));
      owner = alias.value;
    }
    return { rcode: 'NOERROR', answers, authorities: [] };
  }

  return { add, remove, records: () => [...byName.values()].flat(), lookup };
}

function outside(name: string, answers: Answer[]): ZoneAnswer {
  if (isEmptyParent(name)) return { rcode: 'NOERROR', answers, authorities: [startOfAuthority(name)] };
  // A chain that leads out ends at its last alias, for the asker to follow.
  return { rcode: answers.length > 0 ? 'NOERROR' : 'REFUSED', answers, authorities: [] };
}

function isSame(one: PublishedRecord, other: PublishedRecord): boolean {
  return one.type === other.type && one.value === other.value;
}

function startOfAuthority(suffix: string): Answer {
  const timers = { serial: 1, refresh: 3_600, retry: 600, expire: 86_400, minimum: SANDBOX_TTL };
  const data = { mname: `ns.${suffix}`, rname: `hostmaster.${suffix}`, ...timers };
  return { name: suffix, type: 'SOA', ttl: SANDBOX_TTL, class: 'IN', data };
}
