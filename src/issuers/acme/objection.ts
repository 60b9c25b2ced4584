import { isAddress } from '../../core/names.ts';
import type { IssueAsk } from '../../core/ports.ts';
import { readCsrNames } from '../../pki/csr.ts';
import { challengesFor, sameNames } from './identifiers.ts';
import type { AcmeSettings } from './settings.ts';

const MOST_NAMES = 100;

/** Why an ACME CA would never sign this; null where it may. */
export function objectionTo(
  ask: IssueAsk,
  { challenges, maxNames = MOST_NAMES }: Pick<AcmeSettings, 'challenges' | 'maxNames'>,
): string | null {
  if (ask.level !== 'DV') return `An ACME CA validates domains alone and cannot sign ${ask.level}`;
  if (ask.names.length > maxNames) return `An ACME CA signs at most ${maxNames} names in one certificate`;
  if (ask.names.some((name) => name.startsWith('*.')) && !challenges.includes('dns-01')) {
    return 'A wildcard name is proved by dns-01, which this issuer is not configured for';
  }
  if (ask.names.some((name) => isAddress(name) && challengesFor(name, challenges).length === 0)) {
    return 'An address is proved by http-01 or tls-alpn-01, which this issuer is not configured for';
  }
  // RFC 8555 §7.4: the CSR must name exactly what the order does.
  const names = readCsrNames(ask.csr);
  if (names === null) return 'An ACME CA needs the CSR as it was made, and there is none';
  return sameNames(names, ask.names) ? null : 'An ACME CA signs only a CSR that names exactly what is ordered';
}
