import { approvalAddresses } from '../../core/approval-addresses.ts';
import { DeskError, invalidValue, type Violation } from '../../core/errors.ts';
import type { ValidationChoice } from '../../core/desk.ts';
import { baseOf, isWildcard } from '../../core/names.ts';
import type { NamePolicy } from '../../core/ports.ts';
import { dnsChallenge, fileChallenge, type ChallengeSource } from './challenges.ts';
import type { DcvEntry } from './schemas.ts';

export type DcvChoices = ReadonlyMap<string, DcvEntry>;

/**
 * The entries of `dcv` by name.
 * @throws DeskError `invalid-value` with a violation for each entry that is of no use: a name outside the order, a
 * file for a wildcard (BR 3.2.2.4.18), an address that may not approve the name (BR 3.2.2.4.4), two ways for one name.
 */
export function readDcv(
  entries: readonly DcvEntry[] | undefined,
  allowed: ReadonlySet<string>,
  policy: NamePolicy,
): DcvChoices {
  const choices = new Map<string, DcvEntry>();
  const violations: Violation[] = [];
  (entries ?? []).forEach((entry, index) => {
    const violation = violationOf(entry, `dcv[${index}]`, allowed, choices.get(entry.commonName), policy);
    if (violation === null) choices.set(entry.commonName, entry);
    else violations.push(violation);
  });
  if (violations.length > 0) throw new DeskError('invalid-value', 'Validation failed', { violations });
  return choices;
}

function violationOf(
  entry: DcvEntry,
  path: string,
  allowed: ReadonlySet<string>,
  earlier: DcvEntry | undefined,
  policy: NamePolicy,
): Violation | null {
  const { commonName, type, email } = entry;
  if (!allowed.has(commonName)) {
    return { field: `${path}.commonName`, message: 'is not a name of this certificate', value: commonName };
  }
  if (earlier !== undefined && (earlier.type !== type || earlier.email !== email)) {
    return { field: `${path}.commonName`, message: 'is validated in two ways', value: commonName };
  }
  if (type === 'FILE' && isWildcard(commonName)) {
    return { field: `${path}.type`, message: 'FILE is not possible for a wildcard name', value: type };
  }
  if (type === 'EMAIL' && !approvalAddresses(commonName, policy, `${path}.commonName`).includes(email ?? '')) {
    return { field: `${path}.email`, message: 'is not an address that may approve this name', value: email ?? '' };
  }
  return null;
}

/**
 * The entry that tells how a domain is validated: its own, that of its wildcard, or, for the free name beside a
 * common name, that of the common name. Null where nothing was said, and where the free name cannot use it.
 */
export function entryFor(name: string, commonName: string, choices: DcvChoices, policy: NamePolicy): DcvEntry | null {
  const domain = baseOf(name);
  const own = choices.get(name) ?? choices.get(`*.${domain}`) ?? choices.get(domain);
  if (own !== undefined && !(own.type === 'FILE' && isWildcard(name))) return own;
  const other = choices.get(commonName);
  if (other === undefined || (other.type === 'FILE' && isWildcard(name))) return null;
  return other.type !== 'EMAIL' || mayApprove(other.email, domain, policy) ? other : null;
}

export function mayApprove(email: string | undefined, domain: string, policy: NamePolicy): boolean {
  return email !== undefined && approvalAddresses(domain, policy, 'dcv').includes(email);
}

/** What has to be published for one domain. DNS where nothing was said. */
export function choiceOf(
  entry: Pick<DcvEntry, 'type' | 'email'> | null,
  domain: string,
  source: ChallengeSource,
): ValidationChoice {
  switch (entry?.type ?? 'DNS') {
    case 'EMAIL': {
      if (entry?.email === undefined) throw invalidValue('dcv', 'needs an e-mail address', domain);
      return { method: 'email', challenges: [{ method: 'email', address: entry.email }] };
    }
    case 'FILE':
      return { method: 'http', challenges: [fileChallenge(domain, source)] };
    case 'DNS':
      return { method: 'dns', challenges: [dnsChallenge(domain, source)] };
  }
}
