import type { DomainCheck } from '../core/ports.ts';
import type { Challenge } from '../core/records.ts';
import type { Resolution, Resolver } from './resolver.ts';

type DnsChallenge = Extract<Challenge, { method: 'dns' }>;

/**
 * Looks for the TXT or CNAME record of the challenge (BR 3.2.2.4.7). The name may end with a dot. TXT: one record
 * whose strings, joined, are exactly the value; CNAMEs are followed. CNAME: the target itself, without regard to
 * letter case and final dot. Never throws for what the network does.
 */
export async function checkDns(challenge: DnsChallenge, resolver: Resolver): Promise<DomainCheck> {
  if (challenge.value === '') {
    return { outcome: 'refused', message: `The challenge at ${challenge.name} expects nothing`, evidence: {} };
  }
  const found = await resolver.resolve(challenge.name, challenge.record);
  const evidence = {
    method: 'dns',
    record: challenge.record,
    name: challenge.name,
    expected: challenge.value,
    result: found.kind,
    names: found.names,
    queries: found.evidence,
  };
  if (found.kind !== 'answer') return { ...failure(found, challenge), evidence };

  const values = found.records.filter((record) => typeof record === 'string');
  const same =
    challenge.record === 'TXT'
      ? (value: string) => value === challenge.value
      : (value: string) => sameName(value, challenge.value);
  if (values.some(same)) {
    return { outcome: 'passed', message: `${challenge.record} at ${challenge.name} holds the value`, evidence };
  }
  const shown = values
    .slice(0, 3)
    .map((value) => JSON.stringify(value.slice(0, 100)))
    .join(', ');
  const message = `${challenge.record} at ${challenge.name} holds ${shown}${values.length > 3 ? ' …' : ''}, not ${JSON.stringify(challenge.value)}`;
  return { outcome: 'mismatch', message, evidence };
}

function failure(found: Resolution, challenge: DnsChallenge): Pick<DomainCheck, 'outcome' | 'message'> {
  const missing = found.kind === 'nxdomain' || found.kind === 'nodata';
  if (missing)
    return {
      outcome: 'not-found',
      message: `There is no ${challenge.record} record at ${challenge.name}: ${found.message}`,
    };
  return {
    outcome: 'unreachable',
    message: `The ${challenge.record} record at ${challenge.name} could not be read: ${found.message}`,
  };
}

function sameName(a: string, b: string): boolean {
  const plain = (name: string) => name.replace(/\.$/, '').toLowerCase();
  return plain(a) === plain(b);
}
