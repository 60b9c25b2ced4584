import { DeskError } from '../core/errors.ts';
import type { ParsedCsr, PkiTools } from '../core/ports.ts';
import { readCertificate } from './certificate-reader.ts';
import { readCsr, readKeptCsr } from './csr.ts';
import { type BlockedKeys, COMPROMISED, type WeakKeys } from './keys.ts';

export interface PkiToolsOptions {
  /** Reads elsewhere, such as on a worker thread; by default in place. */
  readCsr?: (text: string) => Promise<ParsedCsr>;
  /** Keys reported as compromised (BR 6.1.1.3); asked after every read, wherever it ran. */
  blockedKeys?: BlockedKeys;
  /** Debian weak keys (BR 6.1.1.3). Only asked where the read happens in place. */
  weakKeys?: WeakKeys;
}

/** The certificate tools of the heart: `readCsr` and `readCertificate` with the errors of core/ports.ts. */
export function createPkiTools(options: PkiToolsOptions = {}): PkiTools {
  const { blockedKeys, weakKeys } = options;
  const inPlace = async (text: string): Promise<ParsedCsr> => readCsr(text, weakKeys ? { weakKeys } : {});
  const read = options.readCsr ?? inPlace;
  return {
    readCsr: async (text) => {
      const csr = await read(text);
      if (blockedKeys?.has(csr.spkiHash))
        throw new DeskError('invalid-csr', `The key of the CSR cannot be used: ${COMPROMISED}.`);
      return csr;
    },
    readKeptCsr,
    readCertificate,
  };
}
