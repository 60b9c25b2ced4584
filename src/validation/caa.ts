import type { CaaCheck, CaaContext } from '../core/ports.ts';
import type { CaaStatus, Method } from '../core/records.ts';
import { parseIssueValue, type IssueValue } from './caa-value.ts';
import type { CaaRecord } from './dns-message.ts';
import type { Resolution, Resolver } from './resolver.ts';

export interface CaaOptions {
  resolver: Resolver;
  /** The names by which this CA is meant in CAA records, any letter case. */
  caIdentifiers: readonly string[];
  /** The account for `accounturi`, where the call names none. */
  accountUri?: string;
}

/** BR 3.2.2.8 and RFC 8657 §4: labels of the ways of validation outside ACME, by their sections under BR 3.2.2.4. */
export const METHOD_LABELS: Readonly<Record<Method, string>> = {
  email: 'ca-tbr-4',
  dns: 'ca-tbr-7',
  http: 'ca-tbr-18',
};

const KNOWN_TAGS = new Set(['issue', 'issuewild', 'iodef']);
const CRITICAL = 128;

/**
 * Whether CAA lets this CA issue for `name` (RFC 8659, RFC 8657; BR 3.2.2.8). `*.` in front asks for a wildcard.
 * A lookup that fails is never permission: BR 3.2.2.8.1 lets it be one only for a zone proved to be without DNSSEC,
 * and nothing here proves that. Never throws for what the network does. `ttl` in seconds, 0 for failures.
 */
export async function checkCaa(name: string, options: CaaOptions, context: CaaContext = {}): Promise<CaaCheck> {
  const wildcard = name.startsWith('*.');
  const lookups: Record<string, unknown>[] = [];
  let ttl = Number.POSITIVE_INFINITY;
  const answer = (status: CaaStatus, message: string, more: Record<string, unknown> = {}): CaaCheck => ({
    status,
    ttl: Number.isFinite(ttl) ? ttl : 0,
    message,
    evidence: { name, lookups, ...more },
  });

  // RFC 8659 §3: from the name up to the child of the root; the first that has CAA records decides. Aliases are
  // followed by the resolver, and the climb goes on from the name itself, not from the alias's target.
  const labels = (wildcard ? name.slice(2) : name).replace(/\.$/, '').split('.');
  for (let n = 0; n < labels.length; n += 1) {
    const at = labels.slice(n).join('.');
    const found = await options.resolver.resolve(at, 'CAA');
    lookups.push({ name: at, result: found.kind, names: found.names, queries: found.evidence });
    if (found.kind === 'servfail' || found.kind === 'timeout' || found.kind === 'malformed') {
      ttl = 0;
      return answer(failureStatus(found), `CAA of ${at} could not be read: ${found.message}`);
    }
    ttl = Math.min(ttl, found.ttl);
    if (found.kind !== 'answer') continue;

    const records = found.records as CaaRecord[];
    const { status, reason, by } = judgeCaa(records, wildcard, options, context);
    const check = answer(status, `CAA at ${at}: ${reason}`, {
      foundAt: at,
      records,
      ...(by === undefined ? {} : { by }),
    });
    return by !== undefined && isPersonal(by) ? { ...check, personal: true } : check;
  }
  return answer('empty', `No CAA record at ${labels.join('.')} or above`);
}

function failureStatus(found: Resolution): CaaStatus {
  if (found.kind === 'timeout') return 'timeout';
  return found.kind === 'malformed' ? 'malformed' : 'error';
}

interface Judgement {
  status: CaaStatus;
  reason: string;
  /** The record that permits. */
  by?: CaaRecord;
}

/** RFC 8659 §4.1 to §4.3, for a relevant set of records that is not empty. */
function judgeCaa(
  records: readonly CaaRecord[],
  wildcard: boolean,
  options: CaaOptions,
  context: CaaContext,
): Judgement {
  const tagged = (tag: string) => records.filter((record) => record.tag.toLowerCase() === tag);
  const unknown = records.find(
    (record) => (record.flags & CRITICAL) !== 0 && !KNOWN_TAGS.has(record.tag.toLowerCase()),
  );
  if (unknown !== undefined) {
    return {
      status: 'critical-unknown-tag',
      reason: `the property ${JSON.stringify(unknown.tag)} is critical and not known here`,
    };
  }

  const issuewild = wildcard ? tagged('issuewild') : [];
  const relevant = issuewild.length > 0 ? issuewild : tagged('issue');
  if (relevant.length === 0) return { status: 'allowed', reason: 'no property restricts who may issue' };

  const ours = options.caIdentifiers.map((identifier) => identifier.toLowerCase());
  let obstacle: string | undefined;
  for (const record of relevant) {
    const value = parseIssueValue(record.value);
    if (value === null || !ours.includes(value.issuer)) continue;
    const unmet = unmetConstraint(value, options, context);
    if (unmet === null) return { status: 'allowed', reason: `${value.issuer} may issue`, by: record };
    obstacle ??= unmet;
  }
  const named = relevant
    .map((record) => JSON.stringify(record.value))
    .join(', ')
    .slice(0, 300);
  return {
    status: 'denied',
    reason:
      obstacle ??
      `only ${named} may issue; to permit this CA add ${relevant === issuewild ? 'issuewild' : 'issue'} "${ours[0] ?? ''}"`,
  };
}

/** RFC 8657: the permission is for one account or for some ways of validation. */
function isPersonal(record: CaaRecord): boolean {
  const tags = parseIssueValue(record.value)?.parameters.map((parameter) => parameter.tag) ?? [];
  return tags.includes('accounturi') || tags.includes('validationmethods');
}

/**
 * What of RFC 8657 stands against the issuance; null where nothing does. SHOULD now, MUST from 2027-03-15 (BR
 * 3.2.2.8). A parameter that stands twice can be met by nobody; other parameters are ignored.
 */
function unmetConstraint(value: IssueValue, options: CaaOptions, context: CaaContext): string | null {
  const given = (tag: string) =>
    value.parameters.filter((parameter) => parameter.tag === tag).map((parameter) => parameter.value);

  const accounts = given('accounturi');
  const account = context.accountUri ?? options.accountUri;
  if (accounts.length > 1) return 'accounturi stands twice in one property';
  if (accounts.length === 1 && accounts[0] !== account) {
    return `only the account ${accounts[0]} may order${account === undefined ? '' : `, this is ${account}`}`;
  }

  const methods = given('validationmethods');
  if (methods.length > 1) return 'validationmethods stands twice in one property';
  if (methods.length === 1) {
    const permitted = (methods[0] as string).split(',');
    if (methods[0] !== '' && !permitted.every((label) => /^[A-Za-z0-9-]+$/.test(label)))
      return 'validationmethods cannot be read';
    const used = context.method === undefined ? Object.values(METHOD_LABELS) : [METHOD_LABELS[context.method]];
    const missing = used.filter((label) => !permitted.includes(label));
    if (missing.length > 0) return `validation by ${missing.join(', ')} is not permitted, only by ${methods[0]}`;
  }
  return null;
}
