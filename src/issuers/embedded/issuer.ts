import { hash } from 'node:crypto';
import { DeskError } from '../../core/errors.ts';
import type { IssueAsk, Issuer, IssueResult, PreparedIssuance, Random } from '../../core/ports.ts';
import type { CertificateWishes, Extra, Issuance } from '../../core/records.ts';
import { type Clock, HOUR, type Instant, SECOND } from '../../core/time.ts';
import {
  createLeafBuilder,
  type LeafContent,
  SERIAL_CHANCE,
  serialAt,
  SIGNATURE_ALGORITHM,
  signed,
} from '../../pki/certificate-builder.ts';
import { fingerprintsOf, readCertificateDetails } from '../../pki/certificate-reader.ts';
import { readPublicKey } from '../../pki/keys.ts';
import { lintLeaf } from '../../pki/lint.ts';
import { PURPOSE } from '../../pki/oids.ts';
import { algorithmOver, hashesOf } from '../../pki/signer.ts';
import { certificatePath, crlPath } from './addresses.ts';
import type { Ca } from './ca.ts';

export const DEFAULT_CRL_SHARDS = 8;

/** How long before its making a leaf begins, for clients whose clocks are late. */
const BACKDATED = HOUR;

export interface EmbeddedIssuerOptions {
  ca: Ca;
  clock: Clock;
  random: Random;
  /** Number of CRLs over which the leaves are spread. */
  crlShards?: number;
}

/** The issuer that signs with the CA of this database. */
export function createEmbeddedIssuer(options: EmbeddedIssuerOptions): Issuer {
  const { ca, clock, random } = options;
  const shards = options.crlShards ?? DEFAULT_CRL_SHARDS;
  const crlShard = (serial: string): number => shardOf(serial, shards);
  const buildLeaf = leafBuilderOf(ca);

  const prepare = (ask: IssueAsk, now: Instant): PreparedIssuance => {
    const octets = serialAt(now, random.bytes(SERIAL_CHANCE));
    const serial = Buffer.from(octets).toString('hex').toUpperCase();
    const notBefore = wholeSeconds(now - BACKDATED);
    const notAfter = lastSecond(ask, ca, notBefore);
    if (notAfter <= now) throw nothingLeft(ask, ca);
    const crlUrl = ca.addresses().crl(crlShard(serial));
    const leaf = { ...ask, serial: octets, notBefore, notAfter, crlUrl };
    const tbs = buildLeaf()(ask.wishes === null ? leaf : { ...leaf, ...wished(ca, ask.wishes) });
    return { serial, tbs, notBefore, notAfter, progress: null };
  };

  const issue = async (ask: IssueAsk, issuance: Issuance): Promise<IssueResult> => {
    const { serial, tbs, notBefore, notAfter } = issuance;
    if (serial === null || tbs === null || notBefore === null || notAfter === null) {
      throw new DeskError('internal', `Issuance ${issuance.id} is no record of something to sign`);
    }
    const algorithm = algorithmOver(ca.signer.algorithm, ask.wishes?.signatureHash ?? null);
    lintLeaf(tbs, {
      ...ask,
      extras: ask.wishes?.extras ?? [],
      serial,
      notBefore,
      notAfter,
      signedAt: clock.now(),
      issuer: {
        signatureAlgorithm: SIGNATURE_ALGORITHM[algorithm],
        name: ca.intermediate.name,
        keyId: ca.intermediate.keyId,
        notAfter: ca.intermediate.notAfter,
      },
      crlPath: crlPath(ca.issuer, crlShard(serial)),
      caIssuersPath: certificatePath(ca.issuer, 'intermediate'),
    });
    const signature = await ca.signer.sign(tbs, ask.wishes?.signatureHash ?? 'sha256');
    const certificate = signed(tbs, algorithm, signature);
    const { algorithm: keyAlgorithm, bits: keyBits } = readPublicKey(ask.spki);
    const spkiHash = hash('sha256', ask.spki);
    // The lint has just read the same bytes: they are not read again.
    const data = { serial, notBefore, notAfter, keyAlgorithm, keyBits, spkiHash, ...fingerprintsOf(certificate) };
    return { kind: 'issued', certificate, data };
  };

  return {
    name: ca.issuer,
    offers: { extras: extrasOf(ca), signatureHashes: hashesOf(ca.signer.algorithm) },
    prepare,
    issue,
    chain: async () => [ca.intermediate.certificate, ca.root.certificate],
    crlShard,
  };
}

/** A purpose that the intermediate has not would count for nothing below it (RFC 5280 §4.2.1.12). */
function extrasOf({ intermediate }: Ca): Extra[] {
  const purposes = readCertificateDetails(intermediate.certificate).known.extendedKeyUsage;
  const clients: Extra[] = purposes.includes(PURPOSE.clientAuth) ? ['client-auth'] : [];
  return [...clients, 'must-staple', 'data-encipherment', 'delegated-credentials'];
}

function wished(ca: Ca, { extras, signatureHash }: CertificateWishes): Pick<LeafContent, 'extras' | 'algorithm'> {
  return { extras, algorithm: algorithmOver(ca.signer.algorithm, signatureHash) };
}

/** Serials are random, so their last 32 bits spread evenly. */
function shardOf(serial: string, shards: number): number {
  return Number.parseInt(serial.slice(-8), 16) % shards;
}

/** One builder for each address of the CA; that changes only where the server learns its port after the start. */
function leafBuilderOf(ca: Ca) {
  let url = '';
  let builder: ReturnType<typeof createLeafBuilder> | undefined;
  return () => {
    const caIssuersUrl = ca.addresses().intermediateCertificate();
    if (builder === undefined || caIssuersUrl !== url) {
      url = caIssuersUrl;
      const { name, keyId } = ca.intermediate;
      builder = createLeafBuilder({ algorithm: ca.signer.algorithm, name, keyId, caIssuersUrl });
    }
    return builder;
  };
}

/** BR 6.3.2: both ends count, so a life of 200 days ends one second before its 200 days are over. */
function lastSecond(ask: IssueAsk, ca: Ca, notBefore: Instant): Instant {
  return Math.min(notBefore + ask.longestValidity - SECOND, wholeSeconds(ask.notAfterAtMost), ca.intermediate.notAfter);
}

function nothingLeft(ask: IssueAsk, ca: Ca): DeskError {
  if (ca.intermediate.notAfter <= ask.notAfterAtMost) {
    return new DeskError('issuer-unavailable', 'The intermediate CA has ended; make a new one before issuing');
  }
  return new DeskError('wrong-state', 'The term of the order is over; nothing can be issued on it');
}

function wholeSeconds(at: Instant): Instant {
  return Math.floor(at / SECOND) * SECOND;
}
