import type { ParsedCsr } from '../core/ports.ts';
import type { SignatureHash } from '../core/records.ts';
import { describeKey } from '../pki/signer.ts';
import { type CryptoWorker, type InPlace, startCryptoWorker } from './crypto-worker.ts';
import { createWork, importKey, type Task, type WorkOptions } from './work.ts';

/** The cryptography of the hot path, on threads of its own. */
export interface Crypto {
  /** Reads and checks a CSR, as `src/pki/csr.ts`. @throws DeskError `invalid-csr`, `issuer-unavailable` */
  readCsr(text: string): Promise<ParsedCsr>;
  /** Takes a private key (PKCS #8, DER) under a name. @throws DeskError `invalid-value` */
  addSigner(name: string, pkcs8: Uint8Array): Promise<void>;
  /** Signature by that key, over SHA-256 where no other hash is told. @throws DeskError `internal` for an unknown name, `issuer-unavailable` */
  sign(name: string, tbs: Uint8Array, hash?: SignatureHash): Promise<Uint8Array>;
  /** Ends the threads; what is pending is rejected. */
  close(): Promise<void>;
}

export interface CryptoOptions extends WorkOptions {
  /** 0 works in place, on the calling thread: for tests and the smallest hosts. */
  threads: 0 | 1 | 2;
}

/** Characters up to which reading a CSR takes some 100 µs at most: P-256 to P-521, RSA of 2048 bits. */
const SHORT_CSR = 1_500;

export function createCrypto(options: CryptoOptions): Crypto {
  const { threads, ...workOptions } = options;
  return threads === 0 ? cryptoInPlace(workOptions) : cryptoOnThreads(threads, workOptions);
}

function cryptoInPlace(options: WorkOptions): Crypto {
  const work = createWork(options);
  return {
    readCsr: async (text) => work({ kind: 'read-csr', text }) as ParsedCsr,
    addSigner: async (name, pkcs8) => void work(addSignerTask(name, pkcs8)),
    sign: async (name, tbs, hash) => work({ kind: 'sign', name, tbs, hash }) as Uint8Array,
    close: async () => {},
  };
}

function cryptoOnThreads(threads: number, options: WorkOptions): Crypto {
  const signers = new Map<string, Task>();
  const inPlace = workInPlace(options);
  const start = () => startCryptoWorker(options, () => [...signers.values()], undefined, inPlace);
  const workers = Array.from({ length: threads }, start);
  const run = (task: Task): Promise<unknown> => leastLoaded(workers).run(task);
  return {
    readCsr: async (text) => (await run({ kind: 'read-csr', text })) as ParsedCsr,
    addSigner: async (name, pkcs8) => {
      const task = addSignerTask(name, pkcs8);
      signers.set(name, task);
      inPlace?.work(task);
      await Promise.all(workers.map((worker) => worker.run(task)));
    },
    // A copy of its own: a view would take the whole pool below it along.
    sign: async (name, tbs, hash) => (await run({ kind: 'sign', name, tbs: new Uint8Array(tbs), hash })) as Uint8Array,
    close: async () => void (await Promise.all(workers.map((worker) => worker.close()))),
  };
}

/** Lists of weak keys are held once, by the thread: where there are some, all work is done there. */
function workInPlace(options: WorkOptions): InPlace | undefined {
  if (options.weakKeysDirectory !== undefined) return undefined;
  const slow = new Set<string>();
  const work = createWork(options);
  return {
    work(task) {
      if (task.kind === 'add-signer' && task.key.asymmetricKeyType !== 'ec') slow.add(task.name);
      return work(task);
    },
    fits(task) {
      if (task.kind === 'read-csr') return task.text.length <= SHORT_CSR;
      return task.kind === 'sign' && !slow.has(task.name);
    },
  };
}

function addSignerTask(name: string, pkcs8: Uint8Array): Task {
  const key = importKey(pkcs8);
  describeKey(key);
  return { kind: 'add-signer', name, key };
}

function leastLoaded(workers: readonly CryptoWorker[]): CryptoWorker {
  return workers.reduce((best, worker) => (worker.load() < best.load() ? worker : best));
}
