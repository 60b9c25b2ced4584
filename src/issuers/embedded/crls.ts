import { againOnConflict } from '../../core/again.ts';
import { DeskError } from '../../core/errors.ts';
import type { Certificate, Crl, Job } from '../../core/records.ts';
import type { Store } from '../../core/store.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../../core/time.ts';
import { signed } from '../../pki/certificate-builder.ts';
import { type CrlContent, crlTbs, type RevokedEntry } from '../../pki/crl-builder.ts';
import { readCrl } from '../../pki/crl-reader.ts';
import { caAddresses, ROOT_SHARD } from './addresses.ts';
import type { Ca } from './ca.ts';
import { knownBases, rememberBase } from './crl-addresses.ts';
import { DEFAULT_CRL_SHARDS } from './issuer.ts';

export const CRL_JOB = 'renew-crl';

/** Key of the one open job that renews a shard. */
export function crlJobKey(shard: number): string {
  return `${CRL_JOB}:${shard}`;
}

export interface CrlPublisherOptions {
  ca: Ca;
  store: Store;
  clock: Clock;
  /** As the issuer's. Shards that have a CRL already are kept up as well. */
  crlShards?: number;
  /** Milliseconds between two CRLs of a shard; BR 4.9.7 allows four days. Default one day. */
  renewEvery?: number;
  /** Milliseconds until nextUpdate; BR 7.2 allows ten days. Default seven days. */
  validFor?: number;
}

export interface CrlPublisher {
  /** Makes and stores the next CRL of the shard from the records. @throws DeskError `conflict`, `issuer-unavailable` */
  publish(shard: number): Promise<Crl>;
  /**
   * Publishes what is missing or due, and puts a job for each shard's next one in place. To be called at the start,
   * before anything is issued.
   */
  publishDue(): Promise<void>;
  /** Handles jobs of kind `renew-crl` with the payload `{shard}`. */
  crlJobHandler(job: Job): Promise<{ runAgainAt?: Instant }>;
}

export function createCrlPublisher(options: CrlPublisherOptions): CrlPublisher {
  const { ca, store, clock } = options;
  const renewEvery = options.renewEvery ?? DAY;
  const validFor = options.validFor ?? 7 * DAY;
  if (validFor > 10 * DAY || renewEvery > 4 * DAY || renewEvery >= validFor) {
    throw new DeskError('internal', 'CRLs must be renewed within 4 days, before they end, and end within 10 days');
  }

  const publishOnce = async (shard: number): Promise<Crl> => {
    // The number is read before the revocations: whoever stores the next number has seen at least as many of them.
    const previous = await newestCrl(store, ca.issuer, shard);
    const thisUpdate = Math.floor(clock.now() / SECOND) * SECOND;
    const revoked =
      shard === ROOT_SHARD ? [] : await revokedOf(store, ca.issuer, shard, previous?.thisUpdate ?? thisUpdate);
    const content: Omit<CrlContent, 'algorithm' | 'issuerName' | 'keyId'> = {
      number: nextNumber(previous, thisUpdate),
      thisUpdate,
      nextUpdate: thisUpdate + validFor,
      revoked,
      urls: shard === ROOT_SHARD ? null : await shardAddresses(store, ca, shard),
    };
    const der = await signCrl(ca, shard, content);
    const { number, nextUpdate } = content;
    return storeCrl(store, previous, { issuer: ca.issuer, shard, number, thisUpdate, nextUpdate, der });
  };

  const publish = (shard: number): Promise<Crl> => againOnConflict(() => publishOnce(shard));

  const publishDue = async (): Promise<void> => {
    // Before anything else: whoever publishes from now on, here or in another process, names this address as well.
    await rememberBase(store, ca.issuer, ca.baseUrl());
    for (const shard of await shardsOf(store, ca.issuer, options.crlShards ?? DEFAULT_CRL_SHARDS)) {
      const current = await newestCrl(store, ca.issuer, shard);
      const due = current === null || !namesOwnAddress(ca, current) || current.thisUpdate + renewEvery <= clock.now();
      const { thisUpdate } = due ? await publish(shard) : current;
      await keepJob(store, shard, thisUpdate + renewEvery);
    }
  };

  const crlJobHandler = async (job: Job): Promise<{ runAgainAt?: Instant }> => {
    const { shard } = job.payload;
    if (typeof shard !== 'number' || !Number.isInteger(shard) || shard < ROOT_SHARD) {
      throw new DeskError('internal', `Job ${job.id} names no CRL shard`);
    }
    const { thisUpdate } = await publish(shard);
    return { runAgainAt: thisUpdate + renewEvery };
  };

  return { publish, publishDue, crlJobHandler };
}

/** The CRL in force of a shard; null where none was published yet. */
export async function newestCrl(store: Pick<Store, 'find'>, issuer: string, shard: number): Promise<Crl | null> {
  const [crl] = await store.find('crls', { issuer, shard }, { order: { field: 'number', descending: true }, limit: 1 });
  return crl ?? null;
}

/** Puts a job in place where there is none. One that is there may be due now, for a revocation: it keeps its time. */
async function keepJob(store: Store, shard: number, runAt: Instant): Promise<void> {
  await store.transact(async (unit) => {
    const key = crlJobKey(shard);
    const [open] = await unit.find('jobs', { key });
    if (open === undefined) await unit.enqueue({ kind: CRL_JOB, key, payload: { shard }, runAt });
  });
}

function namesOwnAddress(ca: Ca, { shard, der }: Crl): boolean {
  return shard === ROOT_SHARD || readCrl(der).distributionPoints.includes(ca.addresses().crl(shard));
}

async function shardsOf(store: Store, issuer: string, count: number): Promise<number[]> {
  const published = (await store.find('crls', { issuer })).map(({ shard }) => shard);
  const configured = Array.from({ length: count }, (_, shard) => shard);
  return [...new Set([ROOT_SHARD, ...configured, ...published])];
}

/**
 * Rising also where the database was restored from a backup: at least the minutes since 1970 (RFC 5280 §5.2.3 asks
 * for nothing but a rise).
 */
function nextNumber(previous: Crl | null, thisUpdate: Instant): number {
  return Math.max((previous?.number ?? 0) + 1, Math.floor(thisUpdate / MINUTE));
}

const PAGE = 1_000;

/**
 * Revoked certificates of the shard that had not ended when the previous CRL was made, so that each appears on one
 * CRL after its end (RFC 5280 §3.3).
 */
async function revokedOf(store: Store, issuer: string, shard: number, since: Instant): Promise<RevokedEntry[]> {
  const entries: RevokedEntry[] = [];
  for (let after = 0; ; ) {
    const { records } = await store.list('certificates', {
      accountId: null,
      filters: [
        { field: 'issuer', op: 'eq', value: issuer },
        { field: 'crlShard', op: 'eq', value: shard },
        { field: 'state', op: 'eq', value: 'revoked' },
        { field: 'notAfter', op: 'gte', value: since },
        { field: 'id', op: 'gt', value: after },
      ],
      order: [{ field: 'id', descending: false }],
      limit: PAGE,
      offset: 0,
      count: false,
    });
    entries.push(...records.map(entryOf));
    const last = records.at(-1);
    if (last === undefined || records.length < PAGE) return entries;
    after = last.id;
  }
}

function entryOf(certificate: Certificate): RevokedEntry {
  const { serial, revokedAt, revocationReason } = certificate;
  if (revokedAt === null) throw new DeskError('internal', `Certificate ${certificate.id} is revoked without a date`);
  return { serial, revokedAt, reason: revocationReason };
}

/** Addresses of the shard, now and under earlier public addresses; certificates carry each of them (BR 7.2.2.1). */
async function shardAddresses(store: Store, ca: Ca, shard: number): Promise<string[]> {
  const bases = new Set([ca.baseUrl(), ...(await knownBases(store, ca.issuer))]);
  return [...bases].map((base) => caAddresses(base, ca.issuer).crl(shard));
}

async function signCrl(
  ca: Ca,
  shard: number,
  content: Omit<CrlContent, 'algorithm' | 'issuerName' | 'keyId'>,
): Promise<Uint8Array> {
  const { algorithm, name: issuerName, keyId } = shard === ROOT_SHARD ? ca.root : ca.intermediate;
  const tbs = crlTbs({ ...content, algorithm, issuerName, keyId });
  const signature = shard === ROOT_SHARD ? await ca.signAsRoot(tbs) : await ca.signer.sign(tbs);
  return signed(tbs, algorithm, signature);
}

/** One record per shard; it is replaced only if nobody else did so meanwhile. */
async function storeCrl(store: Store, previous: Crl | null, crl: Omit<Crl, 'id'>): Promise<Crl> {
  return store.transact(async (unit) => {
    if (previous !== null) {
      await unit.update('crls', previous.id, crl, { number: previous.number });
      return { ...crl, id: previous.id };
    }
    if ((await newestCrl(unit, crl.issuer, crl.shard)) !== null) {
      throw new DeskError('conflict', 'Another process published this CRL');
    }
    const record = { ...crl, id: unit.newId('crls') };
    unit.insert('crls', record);
    return record;
  });
}
