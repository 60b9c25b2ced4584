import type { Jwk } from './jws.ts';
import type { Authority } from './authority.ts';
import type { Identifier, Problem } from './problems.ts';
import type { Random } from './random.ts';
import type { ChallengeType, Script } from './script.ts';
import type { Lookups } from './lookups.ts';

/** What the scripted CA remembers. All of it in memory, ids counted from 1. */

export interface Account {
  id: number;
  url: string;
  jwk: Jwk;
  thumbprint: string;
  status: 'valid' | 'deactivated' | 'revoked';
  contact: readonly string[];
  /** Key id of the external account binding. */
  binding: string | null;
}

export interface Challenge {
  url: string;
  type: ChallengeType;
  token: string;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  validated: number | null;
  error: Problem | null;
}

export interface Authorization {
  url: string;
  account: Account;
  identifier: Identifier;
  wildcard: boolean;
  status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired';
  expires: number;
  challenges: Challenge[];
  /** Looks that still find it pending. */
  looksLeft: number;
  /** The validation that was asked for; the look that comes after `looksLeft` waits for it. */
  running: { challenge: Challenge; outcome: Promise<Problem | null> } | null;
}

export interface Order {
  url: string;
  account: Account;
  identifiers: Identifier[];
  profile: string | null;
  /** Certificate id of RFC 9773 §4.1. */
  replaces: string | null;
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  expires: number;
  error: Problem | null;
  authorizations: Authorization[];
  certificate: Certificate | null;
  looksLeft: number;
}

export interface Certificate {
  id: number;
  url: string;
  account: Account;
  order: Order;
  /** As asked for, sorted. */
  names: string[];
  spki: Uint8Array;
  serial: string;
  der: Uint8Array;
  pem: string;
  /** Each the PEM that is handed out, the first the default. */
  chains: string[];
  notBefore: number;
  notAfter: number;
  revoked: { reason: number } | null;
  replacedBy: Order | null;
}

export interface World {
  origin: string;
  now(): number;
  random: Random;
  script: Script;
  authority: Authority;
  lookups: Lookups | null;
  meta: {
    termsOfService?: string;
    website?: string;
    caaIdentities?: readonly string[];
    externalAccountRequired?: boolean;
    profiles?: Readonly<Record<string, { description: string; days: number }>>;
  };
  /** MAC keys in base64url by their id. */
  bindingKeys: Readonly<Record<string, string>>;
  accounts: Account[];
  authorizations: Authorization[];
  orders: Order[];
  certificates: Certificate[];
  /** Moments of each counted thing. */
  uses: Map<string, number[]>;
}

/** Names of an order, sorted and joined: what makes two orders duplicates. */
export function namesKey(names: readonly string[]): string {
  return names
    .map((name) => name.toLowerCase())
    .toSorted()
    .join(',');
}
