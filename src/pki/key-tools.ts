import { createPrivateKey, generateKeyPair, hash, sign, verify } from 'node:crypto';
import { DeskError, invalidValue } from '../core/errors.ts';
import type { KeyTools, KeyType, NewKeyPair, ReadKeyPair } from '../core/ports.ts';
import { DerError } from './der-reader.ts';
import { csrTbs, selfSignedTbs } from './csr-writer.ts';
import { signed } from './certificate-builder.ts';
import { type KeyRules, keyWeakness, readPublicKey } from './keys.ts';
import { toPem } from './pem.ts';
import { privateKeyDer } from './private-key-armour.ts';
import { readPrivateKey } from './private-key-reader.ts';
import { describeKey } from './signer.ts';

export interface KeyToolsOptions extends KeyRules {
  /** Keys that are made at one time, each on a thread of the pool. */
  atOnce?: number;
  /** Keys waited for beside those; beyond it nobody queues. */
  waiting?: number;
}

/** Keys and CSRs of subscribers (`core/ports.ts`). */
export function createKeyTools(options: KeyToolsOptions = {}): KeyTools {
  const { atOnce = 2, waiting = 50, ...rules } = options;
  const queue = createQueue(atOnce, waiting);
  return {
    makeKey: (type) => queue(() => makeKey(type)),
    readKey: (text) => readKey(text, rules),
    toPem: (pkcs8) => toPem('PRIVATE KEY', pkcs8),
    makeCsr: (pkcs8, ask) => signWith(pkcs8, ({ publicKey }) => csrTbs(publicKey, ask)),
    makeSelfSigned: (pkcs8, ask) =>
      signWith(pkcs8, ({ publicKey, algorithm }) => selfSignedTbs({ spki: publicKey, algorithm }, ask)),
  };
}

const EXPORT = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;

/** On a thread of libuv's pool: RSA-4096 takes a second. */
function makeKey(type: KeyType): Promise<NewKeyPair> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, spki: Buffer, pkcs8: Buffer): void => {
      if (error === null) resolve({ pkcs8, spki });
      else reject(error);
    };
    if (type === 'RSA-2048' || type === 'RSA-4096') {
      generateKeyPair('rsa', { modulusLength: type === 'RSA-2048' ? 2048 : 4096, ...EXPORT }, done);
    } else {
      generateKeyPair('ec', { namedCurve: type, ...EXPORT }, done);
    }
  });
}

function readKey(text: string | Uint8Array, rules: KeyRules): ReadKeyPair {
  try {
    const { pkcs8, spki } = readPrivateKey(privateKeyDer(text));
    const key = readPublicKey(spki);
    const weakness = keyWeakness(key, hash('sha256', spki), rules);
    if (weakness !== null) throw invalidValue('key', `The private key cannot be used: ${weakness}.`);
    checkPair(pkcs8, spki);
    return { pkcs8, spki, keyAlgorithm: key.algorithm, keyBits: key.bits };
  } catch (error) {
    // No cause: it goes to the log, and could tell of the key.
    if (error instanceof DerError) throw invalidValue('key', `The private key cannot be read: ${error.message}.`);
    throw error;
  }
}

const PROBE = Buffer.from('proof that private and public key belong together');

/** Its numbers may be anything; what it signs must verify with the public key that was judged. */
function checkPair(pkcs8: Uint8Array, spki: Uint8Array): void {
  let matches = false;
  try {
    const signature = sign('sha256', PROBE, { key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    matches = verify('sha256', PROBE, { key: Buffer.from(spki), format: 'der', type: 'spki' }, signature);
  } catch {
    // OpenSSL refuses numbers that make no key.
  }
  if (!matches) throw new DerError('private and public key do not belong together');
}

type Described = ReturnType<typeof describeKey>;

async function signWith(pkcs8: Uint8Array, tbsOf: (key: Described) => Uint8Array): Promise<Uint8Array> {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const described = describeKey(key);
  const tbs = tbsOf(described);
  const signature = await new Promise<Uint8Array>((resolve, reject) => {
    sign('sha256', tbs, key, (error, made) => (error === null ? resolve(made) : reject(error)));
  });
  return signed(tbs, described.algorithm, signature);
}

/** Runs so many pieces of work at one time, the others in their order; refuses beyond `waiting`. */
function createQueue(atOnce: number, waiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const line: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) {
      if (line.length >= waiting) {
        throw new DeskError('too-many-requests', 'Too many keys are being made; try again in a moment', {
          retryAfter: 10,
        });
      }
      await new Promise<void>((resolve) => line.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = line.shift();
      // Whoever comes next takes the place.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
