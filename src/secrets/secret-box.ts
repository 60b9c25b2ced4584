import { createCipheriv, createDecipheriv } from 'node:crypto';
import { DeskError } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';
import type { MasterKey } from './master-key.ts';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keeps secrets encrypted at rest: AES-256-GCM under the master key. */
export interface SecretBox {
  /** `context` says what the secret is and whose (`ca-key:root`); only the same context opens it again. */
  seal(plain: Uint8Array, context: string): Uint8Array;
  /** @throws DeskError `internal`, telling the operator which key to look at. */
  open(sealed: Uint8Array, context: string): Uint8Array;
}

/** Sealed form: version octet, 12 octets nonce, ciphertext, 16 octets tag. */
export function createSecretBox(key: MasterKey, random: Random): SecretBox {
  return {
    seal: (plain, context) => seal(key.bytes, plain, context, random),
    open: (sealed, context) => {
      try {
        return open(key.bytes, sealed, context);
      } catch (cause) {
        const message =
          `A stored secret (${context}) does not open with the ${key.source}. ` +
          'Start with the master key or passphrase under which this database was made; ' +
          'if that one is in use, the stored secret was damaged';
        throw new DeskError('internal', message, { cause });
      }
    },
  };
}

function seal(key: Uint8Array, plain: Uint8Array, context: string, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(context));
  const body = [cipher.update(plain), cipher.final()];
  return Uint8Array.from(Buffer.concat([Uint8Array.of(VERSION), nonce, ...body, cipher.getAuthTag()]));
}

function open(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array {
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES) throw new Error('The sealed secret is too short');
  if (sealed[0] !== VERSION) throw new Error(`The sealed secret has the unknown version ${sealed[0]}`);
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(context));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const body = sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES);
  return Uint8Array.from(Buffer.concat([decipher.update(body), decipher.final()]));
}

/** The version is authenticated with the context, so that neither can be exchanged. */
function associated(context: string): Buffer {
  return Buffer.from(`chancery:${VERSION}:${context}`, 'utf8');
}
