import { createHash } from 'node:crypto';
import { addressesAt, approvalAddresses } from '../../core/approval-addresses.ts';
import type { ValidationChoice } from '../../core/desk.ts';
import { invalidValue } from '../../core/errors.ts';
import { baseOf, isAddress } from '../../core/names.ts';
import type { NamePolicy, Random } from '../../core/ports.ts';
import type { Challenge, Validation } from '../../core/records.ts';
import { CHALLENGE_LIFETIME } from '../../core/retry.ts';
import type { Instant } from '../../core/time.ts';

/** Ways of domain validation under the vendor's names. */
export const DCV_METHODS = ['email', 'dns-txt-token', 'dns-cname-token', 'http-token', 'http-token-dynamic'] as const;
export type DcvMethod = (typeof DCV_METHODS)[number];
/** Those that publish a random value. */
export type TokenMethod = Exclude<DcvMethod, 'email'>;

export const DEFAULT_DCV_METHOD: DcvMethod = 'email';

/** Where the CNAME of `dns-cname-token` points. */
export const CNAME_TARGET = 'dcv.digicert.com';

const FILE_PATH = '/.well-known/pki-validation/fileauth.txt';

/** @throws DeskError `invalid-value` on `field` for a name that is no method. */
export function readDcvMethod(text: string, field = 'dcv_method'): DcvMethod {
  const method = DCV_METHODS.find((one) => one === text);
  if (method === undefined) throw invalidValue(field, `must be one of ${DCV_METHODS.join(', ')}`, text);
  return method;
}

export function usesToken(method: DcvMethod): method is TokenMethod {
  return method !== 'email';
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const RANDOM_LENGTH = 31;

/**
 * `_` and 31 lower-case letters and digits: 160 bits, where BR 1.6.1 asks for 112. It begins with an underscore because
 * it may become the label of a CNAME (BR 3.2.2.4.7), and holds no capitals because DNS does not keep case.
 */
export function randomValue(random: Random): string {
  let value = '';
  while (value.length < RANDOM_LENGTH) {
    for (const byte of random.bytes(48)) {
      // 252 is the greatest multiple of 36 in an octet: every character is equally likely.
      if (byte < 252 && value.length < RANDOM_LENGTH) value += ALPHABET[byte % ALPHABET.length];
    }
  }
  return `_${value}`;
}

/** The last moment at which a value made at `madeAt` counts: 30 days later (BR 3.2.2.4.7). */
export function valueExpiry(madeAt: Instant): Instant {
  return madeAt + CHALLENGE_LIFETIME;
}

/** A random value with the moment of its making. */
export interface DatedValue {
  value: string;
  madeAt: Instant;
}

/** The same value while it counts, else a new one. */
export function currentValue(kept: DatedValue | null, random: Random, now: Instant): DatedValue {
  return kept !== null && now < valueExpiry(kept.madeAt) ? kept : { value: randomValue(random), madeAt: now };
}

export const DCV_SCOPES = ['base_domain', 'fqdn'] as const;
/** Where a name is proved: at its registrable domain, or as it stands. */
export type DcvScope = (typeof DCV_SCOPES)[number];

/** How one order is validated: its method, and the one value that serves all its names. Kept in `OrderDetails.extra`. */
export interface OrderDcv {
  method: DcvMethod;
  /** Null only where the method has never needed one. */
  value: DatedValue | null;
  /** Null where it is as the account has it. */
  scope: DcvScope | null;
}

/** What a new order is validated with. */
export function newOrderDcv(method: DcvMethod, random: Random, now: Instant, scope: DcvScope | null = null): OrderDcv {
  return { method, value: usesToken(method) ? currentValue(null, random, now) : null, scope };
}

/** Members of `OrderDetails.extra`, to be spread beside the others. */
export function orderDcvExtra({ method, value, scope }: OrderDcv): Record<string, unknown> {
  return { dcvMethod: method, dcvScope: scope, dcvValue: value?.value ?? null, dcvValueMadeAt: value?.madeAt ?? null };
}

/** What `orderDcvExtra` has written; the default where nothing was. */
export function orderDcvOf(extra: Readonly<Record<string, unknown>>): OrderDcv {
  const { dcvMethod, dcvScope, dcvValue, dcvValueMadeAt } = extra;
  const scope = DCV_SCOPES.find((one) => one === dcvScope) ?? null;
  const method = DCV_METHODS.find((one) => one === dcvMethod) ?? DEFAULT_DCV_METHOD;
  const value =
    typeof dcvValue === 'string' && typeof dcvValueMadeAt === 'number'
      ? { value: dcvValue, madeAt: dcvValueMadeAt }
      : null;
  return { method, value, scope };
}

/**
 * What has to be published for a domain (without `*.`), one of `values` in one of its places. A file proves the exact
 * name alone; names below need a file of their own (BR 3.2.2.4.18).
 */
export function choiceFor(method: TokenMethod, domain: string, values: readonly DatedValue[]): ValidationChoice {
  const challenges = values.flatMap(({ value, madeAt }) =>
    challengesFor(method, domain, value).map((one) => ({ ...one, until: valueExpiry(madeAt) })),
  );
  return { method: method.startsWith('dns') ? 'dns' : 'http', challenges };
}

function challengesFor(method: TokenMethod, domain: string, value: string): Challenge[] {
  switch (method) {
    case 'dns-txt-token':
      return [domain, `_dnsauth.${domain}`].map((name) => ({ method: 'dns', record: 'TXT', name, value }));
    case 'dns-cname-token':
      return [{ method: 'dns', record: 'CNAME', name: `${value}.${domain}`, value: CNAME_TARGET }];
    case 'http-token':
      return [{ method: 'http', host: domain, path: FILE_PATH, content: value }];
    case 'http-token-dynamic':
      return [{ method: 'http', host: domain, path: dynamicPath(value), content: value }];
  }
}

/** A file name of its own for each value; the value must not stand in the request for it (BR 3.2.2.4.18). */
function dynamicPath(value: string): string {
  const name = createHash('sha256').update(`http-token-dynamic:${value}`).digest('hex').slice(0, 32);
  return `/.well-known/pki-validation/${name}.txt`;
}

/**
 * Mails to the constructed addresses at `emailDomain`, which is the domain or a parent of it, or to those of them
 * that are named (BR 3.2.2.4.4). WHOIS is never asked (BR 3.2.2.4.2 was withdrawn).
 * @throws DeskError `invalid-value` for an address or a domain that may not approve.
 */
export function emailChoice(
  domain: string,
  policy: NamePolicy,
  asked: { emailDomain?: string | undefined; emails?: readonly string[] | undefined } = {},
): ValidationChoice {
  const allowed = approvalAddresses(domain, policy, 'dcv_emails');
  const emailDomain = asked.emailDomain === undefined ? null : baseOf(asked.emailDomain.toLowerCase());
  const named = (asked.emails ?? []).map((email) => email.toLowerCase());
  const addresses = named.length > 0 ? named : addressesAt(emailDomain ?? baseOf(domain));
  for (const address of addresses) {
    if (!allowed.includes(address)) throw invalidValue('dcv_emails', `may not approve ${domain}`, address);
    if (emailDomain !== null && !address.endsWith(`@${emailDomain}`)) {
      throw invalidValue('dcv_emails', `is no address at ${emailDomain}`, address);
    }
  }
  return { method: 'email', challenges: addresses.map((address) => ({ method: 'email', address })) };
}

export interface DcvPlan extends Pick<OrderDcv, 'method' | 'value'> {
  scope: DcvScope;
  names: NamePolicy;
  /** Addresses that were named, by domain (without `*.`). */
  emails?: ReadonlyMap<string, { emailDomain?: string | undefined; emails?: readonly string[] | undefined }>;
  /** Further values that count for a domain beside the order's own. */
  domainValues?: ReadonlyMap<string, DatedValue>;
}

/** `chooseValidation` of an ask: how each of its domains is proved. A file proves the exact name, whatever the scope. */
export function chooserOf(plan: DcvPlan): (domain: string) => ValidationChoice {
  const { method, scope, names } = plan;
  return (base) => {
    if (isAddress(base) && !method.startsWith('http')) {
      throw invalidValue('dcv_method', 'An IP address is proved by a file: ask for http-token', base);
    }
    const asked = plan.emails?.get(base);
    const exact = scope === 'fqdn' || method.startsWith('http') || asked !== undefined;
    const domain = exact ? base : (names.registrableDomain(base) ?? base);
    if (!usesToken(method)) return { ...emailChoice(domain, names, asked), domain };
    const values = [plan.value, plan.domainValues?.get(domain) ?? null].filter((one) => one !== null);
    return { ...choiceFor(method, domain, values), domain };
  };
}

/** The vendor's name of the way in which a validation is done. */
export function dcvMethodOf({ method, challenges }: Pick<Validation, 'method' | 'challenges'>): DcvMethod {
  if (method === 'email') return 'email';
  const [first] = challenges;
  if (first?.method === 'dns') return first.record === 'TXT' ? 'dns-txt-token' : 'dns-cname-token';
  return first?.method === 'http' && first.path !== FILE_PATH ? 'http-token-dynamic' : 'http-token';
}

/** The random value that a validation asks for; null for e-mail. */
export function valueOf({ challenges: [first] }: Pick<Validation, 'challenges'>): string | null {
  if (first === undefined || first.method === 'email') return null;
  if (first.method === 'http') return first.content;
  return first.record === 'TXT' ? first.value : (first.name.split('.', 1)[0] ?? null);
}

function fileUrl({ host, path }: { host: string; path: string }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}${path}`;
}

/** Places where the value is looked for: `verification_value` of a CNAME, `http_token_url` of a file. */
export function placeOf(method: DcvMethod, domain: string, value: string): Record<string, string> {
  if (method === 'dns-cname-token') return { verification_value: CNAME_TARGET };
  const [challenge] = usesToken(method) ? challengesFor(method, domain, value) : [];
  return challenge?.method === 'http' ? { http_token_url: fileUrl(challenge) } : {};
}
