import type { ChallengeBoard, ChallengeType, Random } from '../../core/ports.ts';
import type { Store } from '../../core/store.ts';
import type { Clock } from '../../core/time.ts';
import type { SecretBox } from '../../secrets/secret-box.ts';

export type AccountKeyType = 'P-256' | 'P-384' | 'RSA-2048' | 'RSA-4096';

/** At most so many within so many seconds, in any stretch of that length. */
export interface Rate {
  most: number;
  seconds: number;
}

/** What a CA counts. Undefined: as published for the CA, if at all; null: no limit. */
export interface RateOverrides {
  ordersPerAccount?: Rate | null | undefined;
  certificatesPerDomain?: Rate | null | undefined;
  certificatesPerNames?: Rate | null | undefined;
  failuresPerName?: Rate | null | undefined;
  accountsPerAddress?: Rate | null | undefined;
}

/** How the desk works with one CA. The configuration's `[issuers.NAME]` fits. */
export interface AcmeSettings {
  /** Name of the issuer. */
  name: string;
  /** URL of the CA's directory: https, or http on a loopback address. */
  directory: string;
  /** `mailto:` URLs. */
  contacts: readonly string[];
  /** Preferred one first. */
  challenges: readonly ChallengeType[];
  profile: string | null;
  /** Common name of the topmost issuer of the chain wanted. */
  preferredChain: string | null;
  /** RFC 8555 §7.3.4. The key in base64url. */
  externalAccount: { keyId: string; key: string } | null;
  /** Origins beside the directory's own to which the CA may point. */
  allowedOrigins: readonly string[];
  /** For accounts that are still to be made. */
  keyAlgorithm: AccountKeyType;
  /** Seconds for one call. */
  timeout: number;
  limits: RateOverrides;
  /** Most names of one order. Default 100. */
  maxNames?: number;
}

/** One call to the CA; the guarded fetch of `src/validation` is one. Never follows redirects unless told. */
export type AcmeFetch = (
  url: string,
  request: { method: string; headers: Record<string, string>; body?: string; timeoutMs: number; maxBytes: number },
) => Promise<{ status: number; headers: Record<string, string>; body: Uint8Array }>;

/** Where the operator is told what only he can mend. */
export interface OperatorLog {
  warn(details: object, message: string): void;
}

/** What the issuer works with. */
export interface AcmeParts {
  settings: AcmeSettings;
  fetch: AcmeFetch;
  store: Store;
  box: SecretBox;
  clock: Clock;
  random: Random;
  board: ChallengeBoard;
  /** The domain one label below its public suffix; null for what has none. */
  registrableDomain: (name: string) => string | null;
  log: OperatorLog;
}
