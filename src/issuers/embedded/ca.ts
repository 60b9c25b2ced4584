import { createPrivateKey } from 'node:crypto';
import { DeskError } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import type { CaKey, SignatureHash } from '../../core/records.ts';
import type { Store } from '../../core/store.ts';
import type { Clock, Instant } from '../../core/time.ts';
import { keyIdentifier } from '../../pki/extension-writer.ts';
import { publicKeyBits } from '../../pki/public-key.ts';
import { describeKey, type SignatureAlgorithm, type Signer, signNow } from '../../pki/signer.ts';
import { readTbs, tbsOf } from '../../pki/tbs-reader.ts';
import type { SecretBox } from '../../secrets/secret-box.ts';
import { type CaAddresses, caAddresses } from './addresses.ts';
import { type CaSubject, type CaKeyType, keyContext, makeCaKeys } from './create-ca.ts';

/** Signs with keys that it was given by name; the crypto worker is one. */
export interface SigningKeys {
  addSigner(name: string, pkcs8: Uint8Array): Promise<void>;
  sign(name: string, tbs: Uint8Array, hash?: SignatureHash): Promise<Uint8Array>;
}

export interface CaOptions {
  store: Store;
  clock: Clock;
  random: Random;
  box: SecretBox;
  signingKeys: SigningKeys;
  /** Public address under which certificates and CRLs are served, `http://…`; asked each time. */
  caUrl: () => string;
  /** Name of the issuer, part of those addresses. Default `embedded`. */
  name?: string;
  /** For the keys that a first start makes. Default P-256. */
  keyType?: CaKeyType;
  subject?: CaSubject;
}

export interface CaCertificate {
  /** DER. */
  certificate: Uint8Array;
  /** Distinguished name, DER. */
  name: Uint8Array;
  keyId: Uint8Array;
  algorithm: SignatureAlgorithm;
  notBefore: Instant;
  notAfter: Instant;
}

/** The embedded CA, open for work. */
export interface Ca {
  issuer: string;
  root: CaCertificate;
  intermediate: CaCertificate;
  /** Of the intermediate. */
  signer: Signer;
  /** Unlocks the root's key for this one signature. */
  signAsRoot(tbs: Uint8Array): Promise<Uint8Array>;
  addresses(): CaAddresses;
  /** The public address now, without a slash at the end. */
  baseUrl(): string;
}

/**
 * Opens the CA of this database, and makes it where there is none. Processes that start at the same time end with
 * the same CA: the one whose keys were stored first.
 * @throws DeskError `internal` where a stored key does not open or does not fit its certificate.
 */
export async function openCa(options: CaOptions): Promise<Ca> {
  const { store, box, signingKeys } = options;
  const issuer = options.name ?? 'embedded';
  if (!/^[a-z0-9-]{1,40}$/.test(issuer)) {
    throw new DeskError('internal', `The issuer name "${issuer}" must be lower-case letters, digits and hyphens`);
  }
  const baseUrl = () => checkedBase(options.caUrl());
  const addresses = () => caAddresses(baseUrl(), issuer);
  const records = (await readKeys(store)) ?? (await createKeys(options, addresses()));
  const root = openKey(records.root, box);
  const intermediate = openKey(records.intermediate, box);
  await signingKeys.addSigner('intermediate', intermediate.pkcs8);
  return {
    issuer,
    root: root.ca,
    intermediate: intermediate.ca,
    signer: {
      algorithm: intermediate.ca.algorithm,
      publicKey: intermediate.publicKey,
      sign: (tbs, hash) => signingKeys.sign('intermediate', tbs, hash),
    },
    signAsRoot: async (tbs) => signNow(privateKey(openKey(records.root, box).pkcs8), tbs),
    addresses,
    baseUrl,
  };
}

/** The two records in use; null where there is no CA yet. */
export async function readKeys(store: Pick<Store, 'find'>): Promise<{ root: CaKey; intermediate: CaKey } | null> {
  const keys = await store.find('caKeys', { retiredAt: null });
  const root = keys.find(({ name }) => name === 'root');
  const intermediate = keys.find(({ name }) => name === 'intermediate');
  if (keys.length === 0) return null;
  if (root !== undefined && intermediate !== undefined && keys.length === 2) return { root, intermediate };
  const message = `The database holds ${keys.length} CA keys in use where one root and one intermediate are needed`;
  throw new DeskError('internal', `${message}; restore it from a backup`);
}

/** Makes keys outside the transaction and stores them in one; who comes second takes what is stored. */
async function createKeys(options: CaOptions, addresses: CaAddresses) {
  const { store, clock, random, box } = options;
  const made = makeCaKeys({
    now: clock.now(),
    random,
    box,
    addresses,
    keyType: options.keyType ?? 'P-256',
    subject: options.subject ?? {},
  });
  try {
    await store.transact(async (unit) => {
      if ((await readKeys(unit)) !== null) return;
      for (const key of made) unit.insert('caKeys', { ...key, id: unit.newId('caKeys') });
      unit.audit({
        at: clock.now(),
        actor: 'system',
        accountId: null,
        action: 'ca-created',
        target: `issuer:${options.name ?? 'embedded'}`,
        details: { keyType: options.keyType ?? 'P-256' },
      });
    });
  } catch (error) {
    // The unique name refuses a second root when another process was first; then its CA counts.
    if (!(error instanceof DeskError && error.kind === 'already-exists')) throw error;
  }
  const stored = await readKeys(store);
  if (stored !== null) return stored;
  throw new DeskError('internal', 'The CA was stored but cannot be read back; check the database');
}

/** A stored key with its certificate, the key unsealed. @throws DeskError `internal` */
export function openKey(
  record: CaKey,
  box: SecretBox,
): { ca: CaCertificate; publicKey: Uint8Array; pkcs8: Uint8Array } {
  const pkcs8 = box.open(record.encryptedKey, keyContext(record.name, record.certificate));
  const { algorithm, publicKey } = describeKey(privateKey(pkcs8));
  const tbs = readTbs(tbsOf(record.certificate));
  if (Buffer.compare(publicKey, tbs.spki) !== 0) {
    throw new DeskError(
      'internal',
      `The stored ${record.name} key does not belong to its certificate; restore a backup`,
    );
  }
  const ca: CaCertificate = {
    certificate: record.certificate,
    name: tbs.subjectName,
    keyId: keyIdentifier(publicKeyBits(tbs.spki)),
    algorithm,
    notBefore: tbs.notBefore.at,
    notAfter: tbs.notAfter.at,
  };
  return { ca, publicKey, pkcs8 };
}

function privateKey(pkcs8: Uint8Array) {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}

/** BR 7.1.2.11.2: addresses of CRLs are plain HTTP. */
function checkedBase(url: string): string {
  if (!/^http:\/\/[^\s?#]+$/.test(url)) {
    throw new DeskError('internal', `The address of CA certificates and CRLs must begin with http:// (it is "${url}")`);
  }
  return url.replace(/\/+$/, '');
}
