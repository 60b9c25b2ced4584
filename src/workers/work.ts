import { createPrivateKey, type KeyObject } from 'node:crypto';
import { DeskError, type ErrorKind, type Violation } from '../core/errors.ts';
import type { ParsedCsr } from '../core/ports.ts';
import type { SignatureHash } from '../core/records.ts';
import { readCsr } from '../pki/csr.ts';
import { loadDebianWeakKeys } from '../pki/debian-weak-keys.ts';
import { signNow } from '../pki/signer.ts';

/** The work itself, and how it crosses between threads. The same code runs in place and on a worker. */

export type Task =
  | { kind: 'read-csr'; text: string }
  | { kind: 'add-signer'; name: string; key: KeyObject }
  | { kind: 'sign'; name: string; tbs: Uint8Array; hash?: SignatureHash | undefined };

/** Only a DeskError's own words cross; of anything else the message, as `internal`. */
export interface CrossedError {
  kind: ErrorKind;
  message: string;
  field?: string | undefined;
  value?: string | undefined;
  violations: readonly Violation[];
}

export type Result = { ok: true; value: unknown } | { ok: false; error: CrossedError };

export interface WorkOptions {
  /** Directory of Debian's lists of weak keys, see `src/pki/debian-weak-keys.ts`. */
  weakKeysDirectory?: string | undefined;
}

/** Does tasks one after the other, synchronously. */
export function createWork(options: WorkOptions): (task: Task) => unknown {
  const { weakKeysDirectory } = options;
  const rules = weakKeysDirectory === undefined ? {} : { weakKeys: loadDebianWeakKeys(weakKeysDirectory) };
  const signers = new Map<string, KeyObject>();
  return (task) => {
    switch (task.kind) {
      case 'read-csr':
        return detached(readCsr(task.text, rules));
      case 'add-signer':
        signers.set(task.name, task.key);
        return undefined;
      case 'sign': {
        const key = signers.get(task.name);
        if (key === undefined) throw new DeskError('internal', `There is no signing key "${task.name}"`);
        return new Uint8Array(signNow(key, task.tbs, task.hash));
      }
    }
  };
}

/** A PKCS #8 key for a signer. @throws DeskError `invalid-value` */
export function importKey(pkcs8: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new DeskError('invalid-value', 'The signing key is not PKCS #8', { cause });
  }
}

export function crossing(error: unknown): CrossedError {
  if (error instanceof DeskError) {
    const { kind, message, field, value, violations } = error;
    return { kind, message, field, value, violations };
  }
  return { kind: 'internal', message: error instanceof Error ? error.message : String(error), violations: [] };
}

export function crossed(error: CrossedError): DeskError {
  const { kind, message, field, value, violations } = error;
  return new DeskError(kind, message, {
    violations,
    ...(field === undefined ? {} : { field }),
    ...(value === undefined ? {} : { value }),
  });
}

/** Own copies of the views: a message carries the whole memory below a view, and Node's pool is much larger. */
function detached(csr: ParsedCsr): ParsedCsr {
  return { ...csr, der: new Uint8Array(csr.der), spki: new Uint8Array(csr.spki) };
}
