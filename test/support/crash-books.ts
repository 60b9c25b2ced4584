import { X509Certificate } from 'node:crypto';
import { advanceKey } from '../../src/core/write-facts.ts';
import type { Kind, Records } from '../../src/core/records.ts';
import { isFinal } from '../../src/core/states.ts';
import { readCrl } from '../../src/pki/crl-reader.ts';
import { checkCertificates } from '../../src/serve/check-certificates.ts';
import { verifyAuditChain } from '../../src/store/audit-chain.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import type { Seen } from './crash-load.ts';
import { START_BALANCE } from './crash-places.ts';

const KINDS = [
  'accounts',
  'orders',
  'requests',
  'validations',
  'issuances',
  'certificates',
  'charges',
  'notifications',
  'auditEvents',
  'crls',
  'caKeys',
  'jobs',
] as const satisfies Kind[];

/** All records of the tables that a crash might leave at odds. */
type Books = { [K in (typeof KINDS)[number]]: Records[K][] };

async function readBooks(store: ChanceryStore): Promise<Books> {
  const tables = await Promise.all(KINDS.map(async (kind) => [kind, await store.find(kind, {})] as const));
  return Object.fromEntries(tables) as unknown as Books;
}

/**
 * What still moves: requests that are neither at their end nor waiting for a domain, and work that is due.
 * Null where all rests.
 */
export async function unrest(store: ChanceryStore): Promise<string | null> {
  const open = await store.find('requests', { state: ['waiting', 'issuing'] });
  for (const request of open) {
    const validations = await store.find('validations', { requestId: request.id, state: ['waiting', 'attention'] });
    if (request.state === 'issuing' || validations.length === 0) return `request ${request.id} is ${request.state}`;
  }
  const jobs = await store.find('jobs', { kind: ['advance', 'renew-crl'] });
  const due = jobs.find((job) => job.leaseUntil !== null || job.runAt <= Date.now());
  return due === undefined ? null : `job ${due.key} is to be run (${due.lastError ?? due.leaseOwner ?? 'free'})`;
}

/** Every way in which the database is at odds with itself or with what clients saw. Empty is good. */
export async function faultsOf(store: ChanceryStore, seen: Seen): Promise<string[]> {
  const books = await readBooks(store);
  const { faults: wrongCertificates } = await checkCertificates(store, () => undefined);
  const { brokenAt } = await verifyAuditChain(store);
  return [
    ...seen.oddities,
    ...(await store.integrity()),
    ...wrongCertificates,
    ...(brokenAt === null ? [] : [`the audit chain is broken at ${brokenAt}`]),
    ...firstStartFaults(books),
    ...requestFaults(books),
    ...issuanceFaults(books),
    ...moneyFaults(books),
    ...jobFaults(books),
    ...trailFaults(books),
    ...crlFaults(books),
    ...promiseFaults(books, seen),
  ];
}

function firstStartFaults({ accounts, caKeys }: Books): string[] {
  const keys = caKeys.map(({ name }) => name).sort();
  return [
    ...(accounts.length === 1 ? [] : [`there are ${accounts.length} accounts`]),
    ...(keys.join() === 'intermediate,root' ? [] : [`the CA's keys are ${keys.join()}`]),
  ];
}

function by<R, V>(records: readonly R[], key: (record: R) => V): Map<V, R[]> {
  return Map.groupBy(records, key);
}

/** One certificate for each completed request, and none for another; orders follow their requests. */
function requestFaults({ requests, certificates, orders }: Books): string[] {
  const made = by(certificates, (one) => one.requestId);
  const byOrder = by(requests, (one) => one.orderId);
  const faults = requests.flatMap((request) => {
    const count = made.get(request.id)?.length ?? 0;
    const wanted = request.state === 'completed' && request.kind !== 'revoke' ? 1 : 0;
    return count === wanted
      ? []
      : [`request ${request.id} (${request.kind}, ${request.state}) has ${count} certificates`];
  });
  for (const { id, state } of orders) {
    const [first] = byOrder.get(id) ?? [];
    const wanted = { waiting: 'pending', issuing: 'pending', completed: 'active' }[first?.state as string];
    if (state !== wanted) faults.push(`order ${id} is ${state} while its first request is ${first?.state}`);
  }
  return faults;
}

/** Every serial was on record before its signature; what was signed is what was on record. */
function issuanceFaults({ issuances, certificates, requests }: Books): string[] {
  const serials = by(issuances, (one) => one.serial);
  const ofRequest = by(
    issuances.filter((one) => one.state !== 'abandoned'),
    (one) => one.requestId,
  );
  const states = new Map(requests.map((one) => [one.id, one.state]));
  const faults = [...serials].flatMap(([serial, some]) =>
    some.length === 1 ? [] : [`serial ${serial} was handed out ${some.length} times`],
  );
  for (const [request, some] of ofRequest) {
    if (some.length > 1) faults.push(`request ${request} has ${some.length} issuances`);
  }
  for (const certificate of certificates) {
    const [issuance] = serials.get(certificate.serial) ?? [];
    const tbs = Buffer.from(issuance?.tbs ?? new Uint8Array());
    // SEQUENCE with a length of two octets, then the signed part.
    const signed = Buffer.from(certificate.der).subarray(4, 4 + tbs.length);
    if (issuance?.requestId !== certificate.requestId || issuance.state !== 'signed' || !signed.equals(tbs)) {
      faults.push(`certificate ${certificate.id} is not what was put on record for request ${certificate.requestId}`);
    }
  }
  for (const issuance of issuances) {
    const wanted = states.get(issuance.requestId) === 'completed' ? 'signed' : 'prepared';
    if (issuance.state !== wanted) faults.push(`issuance ${issuance.id} is ${issuance.state}`);
  }
  return faults;
}

function moneyFaults({ accounts, charges, requests }: Books): string[] {
  const total = (state: string): number =>
    charges.reduce((sum, charge) => sum + (charge.state === state ? charge.amount : 0), 0);
  const balance = accounts.reduce((sum, account) => sum + account.balance, 0);
  const reserved = accounts.reduce((sum, account) => sum + account.reserved, 0);
  const states = new Map(requests.map((one) => [one.id, one.state]));
  const unsettled = charges.filter(
    (charge) => charge.state !== (states.get(charge.requestId) === 'completed' ? 'captured' : 'reserved'),
  );
  const charged = by(charges, (one) => one.requestId);
  const orderless = requests.filter((one) => one.kind === 'new' && charged.get(one.id)?.length !== 1);
  return [
    ...(balance + total('captured') === START_BALANCE ? [] : [`${balance} and ${total('captured')} are not the start`]),
    ...(reserved === total('reserved') ? [] : [`${reserved} are reserved where ${total('reserved')} are open`]),
    ...unsettled.map((charge) => `charge ${charge.id} is ${charge.state}`),
    ...orderless.map((request) => `request ${request.id} has not one charge`),
  ];
}

function jobFaults({ jobs, requests }: Books): string[] {
  const wanted = new Set(requests.filter((one) => !isFinal('request', one.state)).map((one) => advanceKey(one.id)));
  const there = jobs.filter((job) => job.kind === 'advance');
  return [
    ...there.filter((job) => !wanted.has(job.key)).map((job) => `job ${job.key} is left over`),
    ...[...wanted].filter((key) => !there.some((job) => job.key === key)).map((key) => `job ${key} is missing`),
  ];
}

/** The account was told once of each certificate, and the trail holds each happening once. */
function trailFaults({ auditEvents, notifications, certificates, requests }: Books): string[] {
  const events = by(auditEvents, ({ action, target }) => `${action} ${target}`);
  const told = by(notifications, ({ kind, certificateId }) => `${kind} ${certificateId}`);
  const happened = [
    ...certificates.map(({ id }) => `certificate.issued certificate:${id}`),
    ...certificates.filter(({ state }) => state === 'revoked').map(({ id }) => `certificate.revoked certificate:${id}`),
    ...requests.filter(({ kind }) => kind !== 'revoke').map(({ id }) => `request.placed request:${id}`),
  ];
  const issued = [...events.keys()].filter((key) => key.startsWith('certificate.issued')).length;
  return [
    ...happened.filter((key) => events.get(key)?.length !== 1).map((key) => `not once on the trail: ${key}`),
    ...(issued === certificates.length
      ? []
      : [`${issued} certificates on the trail, ${certificates.length} on record`]),
    ...certificates
      .filter(({ id }) => told.get(`certificate-issued ${id}`)?.length !== 1)
      .map(({ id }) => `not told once of certificate ${id}`),
  ];
}

function crlFaults({ certificates, crls }: Books): string[] {
  const newest = new Map<number | null, Set<string>>();
  for (const crl of crls.sort((one, other) => one.number - other.number)) {
    newest.set(crl.shard, new Set(readCrl(crl.der).entries.map(({ serial }) => serial)));
  }
  return certificates
    .filter((one) => (one.state === 'revoked') !== (newest.get(one.crlShard)?.has(one.serial) ?? false))
    .map((one) => `certificate ${one.id} is ${one.state}, which its CRL does not say`);
}

/** What clients were told is still so. */
function promiseFaults({ requests, certificates }: Books, seen: Seen): string[] {
  const faults: string[] = [];
  const known = new Map(requests.map((one) => [one.id, one]));
  for (const [id, placed] of seen.placed) {
    const request = known.get(id);
    const mayWait = placed.kind === 'new' && placed.records === null;
    const wanted = mayWait ? 'waiting' : 'completed';
    if (request?.kind !== placed.kind || request.state !== wanted || request.commonName !== placed.domain) {
      faults.push(`request ${id} was answered with ${placed.status} and is ${request?.state ?? 'not on record'}`);
    }
  }
  const stored = new Map(certificates.map((one) => [one.id, one]));
  for (const [id, pem] of seen.certificates) {
    const record = stored.get(id);
    if (record === undefined) faults.push(`certificate ${id} was shown and is not on record`);
    else if (pem !== null && Buffer.compare(new X509Certificate(pem).raw, record.der) !== 0) {
      faults.push(`certificate ${id} was shown with other octets`);
    }
  }
  for (const id of seen.revoked) {
    if (stored.get(id)?.state !== 'revoked')
      faults.push(`certificate ${id} was revoked and is ${stored.get(id)?.state}`);
  }
  return faults;
}
