import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { DAY } from '../src/core/time.ts';
import {
  createLeafBuilder,
  type LeafContent,
  serialFrom,
  SIGNATURE_ALGORITHM,
  signed,
} from '../src/pki/certificate-builder.ts';
import { lintFindings } from '../src/pki/lint.ts';
import { type SignatureAlgorithm, signNow } from '../src/pki/signer.ts';
import { caSubject } from '../src/pki/subject-writer.ts';
import { type Measure, perSecond, table } from './measure.ts';

const RUNS = 7;
const NOW = Date.parse('2026-11-22T10:00:00Z');
const NAME = caSubject('XX', 'Chancery', 'Chancery TLS 0A1B2C');
const KEY_ID = randomBytes(20);
const HOST = 'http://ca.example.test';

/** Raw speed of issuing on one core: building, lint and signing, without HTTP, database or threads. */
export async function benchSign(): Promise<Measure[]> {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const [leaves, build] = [makeLeaves(), builder('ecdsa-sha256')];
  const tbs = leaves.map(build);
  return [
    perSecond('build to-be-signed part', 20_000, RUNS, (at) => build(leaves[at % leaves.length]!)),
    perSecond('lint to-be-signed part', 20_000, RUNS, (at) =>
      checkLeaf(tbs[at % tbs.length]!, leaves[at % leaves.length]!),
    ),
    perSecond('bare signature, P-256', 5_000, RUNS, (at) => signNow(ec, tbs[at % tbs.length]!)),
    perSecond('build and sign, P-256', 5_000, RUNS, issuing('ecdsa-sha256', ec, false)),
    perSecond('build, lint and sign, P-256', 5_000, RUNS, issuing('ecdsa-sha256', ec, true)),
    perSecond('build and sign, RSA-2048', 700, RUNS, issuing('rsa-sha256', rsa, false)),
    perSecond('build, lint and sign, RSA-2048', 700, RUNS, issuing('rsa-sha256', rsa, true)),
  ];
}

function builder(algorithm: SignatureAlgorithm) {
  return createLeafBuilder({
    algorithm,
    name: NAME,
    keyId: KEY_ID,
    caIssuersUrl: `${HOST}/ca/embedded/intermediate.crt`,
  });
}

function issuing(algorithm: SignatureAlgorithm, key: KeyObject, lint: boolean): (at: number) => unknown {
  const build = builder(algorithm);
  const leaves = makeLeaves();
  return (at) => {
    const leaf = { ...leaves[at % leaves.length]!, serial: serialFrom(randomBytes(16)) };
    const tbs = build(leaf);
    if (lint) checkLeaf(tbs, leaf, algorithm);
    return signed(tbs, algorithm, signNow(key, tbs));
  };
}

/** Leaves as a shop orders them: a name with and without www, keys and shards changing. */
function makeLeaves(): LeafContent[] {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return Array.from({ length: 64 }, (_, at) => ({
    level: 'DV',
    commonName: `www.shop-${at}.example.test`,
    names: [`www.shop-${at}.example.test`, `shop-${at}.example.test`],
    subject: {},
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    mustStaple: false,
    serial: serialFrom(randomBytes(16)),
    notBefore: NOW,
    notAfter: NOW + 200 * DAY - 1000,
    crlUrl: `${HOST}/crl/embedded/${at % 8}.crl`,
  }));
}

function checkLeaf(tbs: Uint8Array, leaf: LeafContent, algorithm: SignatureAlgorithm = 'ecdsa-sha256'): void {
  const findings = lintFindings(tbs, {
    ...leaf,
    serial: Buffer.from(leaf.serial).toString('hex').toUpperCase(),
    notAfterAtMost: NOW + 365 * DAY,
    signedAt: NOW,
    longestValidity: 200 * DAY,
    issuer: {
      signatureAlgorithm: SIGNATURE_ALGORITHM[algorithm],
      name: NAME,
      keyId: KEY_ID,
      notAfter: NOW + 3650 * DAY,
    },
    crlPath: leaf.crlUrl!.slice(HOST.length),
    caIssuersPath: '/ca/embedded/intermediate.crt',
  });
  if (findings.length > 0) throw new Error(`The benchmark makes certificates that break ${findings.join()}`);
}

if (import.meta.main) console.log(table(await benchSign()));
