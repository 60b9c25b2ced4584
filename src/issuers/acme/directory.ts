import { AcmeError } from './problems.ts';
import { isRecord, textOf } from './read.ts';
import type { UrlRule } from './urls.ts';

/** What a CA serves, and where (RFC 8555 §7.1.1). Every URL has passed the rule. */
export interface Directory {
  newNonce: string;
  newAccount: string;
  newOrder: string;
  revokeCert: string;
  keyChange: string;
  /** RFC 9773; null where the CA gives no renewal information. */
  renewalInfo: string | null;
  termsOfService: string | null;
  externalAccountRequired: boolean;
  /** Names of the profiles (draft-ietf-acme-profiles §3); null where the CA has none. */
  profiles: readonly string[] | null;
}

const MAX_PROFILES = 50;

/** @throws AcmeError where something needed is missing, or points elsewhere */
export function readDirectory(value: unknown, rule: UrlRule): Directory {
  if (!isRecord(value)) throw new AcmeError('The directory of the CA is no JSON object');
  const meta = isRecord(value['meta']) ? value['meta'] : {};
  const url = (name: string): string => rule.check(value[name], name);
  const profiles = meta['profiles'];
  return {
    newNonce: url('newNonce'),
    newAccount: url('newAccount'),
    newOrder: url('newOrder'),
    revokeCert: url('revokeCert'),
    keyChange: url('keyChange'),
    renewalInfo: value['renewalInfo'] === undefined ? null : url('renewalInfo'),
    termsOfService: textOf(meta['termsOfService']),
    externalAccountRequired: meta['externalAccountRequired'] === true,
    profiles: isRecord(profiles) ? Object.keys(profiles).slice(0, MAX_PROFILES) : null,
  };
}
