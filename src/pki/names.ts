import { isIP } from 'node:net';
import { parse } from 'tldts';
import { toASCII } from 'tr46';
import { type DeskError, invalidValue } from '../core/errors.ts';
import type { NamePolicy } from '../core/ports.ts';
import { canonicalAddress } from './addresses.ts';

export interface NamePolicyOptions {
  /** `private` lets internal and reserved names through; a CA that browsers trust must not (BR 4.2.2, 7.1.4.2). */
  profile: 'public' | 'private';
  /** Suffixes that may be used although they are reserved: `test`, `example.com` … (the sandbox, internal zones). */
  allowReserved: readonly string[];
}

/** Of UTS #46 §4.2: everything checked, nothing transitional. */
const STRICT = {
  checkBidi: true,
  checkHyphens: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  verifyDNSLength: true,
  transitionalProcessing: false,
};
/** Longer input is not even looked at; no U-label form of a name of 253 octets comes near it. */
const MAX_INPUT = 1000;
const MAX_LENGTH = 253;
/** What UTS #46 maps to a dot; done first, so that the checks on labels see them. */
const FULL_STOPS = /[\u3002\uff0e\uff61]/g;
/** A label as most names have it; others go through UTS #46. */
const PLAIN_LABEL = /^(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The ICANN section alone (BR 3.2.2.6): `github.io` is a customer's domain like any other. */
const SUFFIX_RULES = {
  allowPrivateDomains: false,
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
  detectSpecialUse: false,
};

/**
 * Suffixes that no customer can hold, and why. `arpa` has the reverse zones that BR 7.1.2.7.12 forbids; `onion` would
 * take the validation of BR appendix B.
 */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['test', 'RFC 6761'],
  ['example', 'RFC 6761'],
  ['invalid', 'RFC 6761'],
  ['localhost', 'RFC 6761'],
  ['example.com', 'RFC 6761'],
  ['example.net', 'RFC 6761'],
  ['example.org', 'RFC 6761'],
  ['local', 'RFC 6762'],
  ['onion', 'RFC 7686'],
  ['alt', 'RFC 9476'],
  ['internal', 'ICANN SAC113'],
  ['arpa', 'RFC 3172'],
]);

/**
 * Which names may stand in a certificate (BR 3.2.2.6, 4.2.2, 7.1.2.7.12, 7.1.4.2). `normalise` and `registrableDomain`
 * are described in core/ports.ts.
 */
export function createNamePolicy(options: NamePolicyOptions): NamePolicy {
  const allowed = options.allowReserved.map((suffix) => suffix.toLowerCase().replace(/^\./, ''));
  return {
    normalise(name, field, internal = false) {
      const address = internal ? canonicalAddress(name) : null;
      if (address !== null) return address;
      const open = internal || options.profile === 'private';
      const refuse = (reason: string): DeskError => invalidValue(field, reason, name.slice(0, MAX_INPUT));
      const wildcard = name.startsWith('*.');
      const domain = toALabels((wildcard ? name.slice(2) : name).replace(FULL_STOPS, '.'), refuse);
      if (wildcard && domain.length + 2 > MAX_LENGTH) throw refuse(`The name has more than ${MAX_LENGTH} characters`);
      const exempt = allowed.some((suffix) => isBelow(domain, suffix));
      if (!open && !exempt) {
        if (!wildcard && !domain.includes('.')) throw refuse('The name is not fully qualified');
        checkReserved(domain, refuse);
      }
      checkPublicSuffix(domain, wildcard, open, refuse);
      return wildcard ? `*.${domain}` : domain;
    },
    registrableDomain: (name) =>
      isIP(name) === 0 ? parse(name.startsWith('*.') ? name.slice(2) : name, SUFFIX_RULES).domain : null,
  };
}

type Refuse = (reason: string) => DeskError;

/** Lower-case A-labels of a name without `*.`. */
function toALabels(name: string, refuse: Refuse): string {
  if (name === '') throw refuse('The name is empty');
  if (name.length > MAX_INPUT) throw refuse(`The name has more than ${MAX_LENGTH} characters`);
  if (name.includes('*')) throw refuse('A wildcard must be the whole left-most label, as in *.example.com');
  if (name.includes('_')) throw refuse('A name in a certificate must not hold an underscore');
  if (name.endsWith('.')) throw refuse('The name must not end with a dot');
  checkAddress(name, refuse);
  const lower = name.toLowerCase();
  if (lower.length <= MAX_LENGTH && lower.split('.').every((label) => PLAIN_LABEL.test(label))) return lower;
  const ascii = toASCII(name, STRICT);
  if (ascii === null) throw refuse(whyInvalid(lower));
  // Mapping may make digits of other scripts' digits.
  checkAddress(ascii, refuse);
  return ascii;
}

/** The most telling reason; `name` is lower-case and was refused by UTS #46. */
function whyInvalid(name: string): string {
  const labels = name.split('.');
  if (labels.includes('')) return 'The name has an empty label';
  if (labels.some((label) => label.length > 63)) return 'A label of the name has more than 63 characters';
  if (labels.some((label) => label.startsWith('xn--'))) return 'A label that begins with xn-- is not valid IDNA';
  if (labels.some((label) => /^-|-$/.test(label))) return 'A label of the name begins or ends with a hyphen';
  if (labels.some((label) => /^(?!xn)..--/.test(label)))
    return 'Hyphens in the third and fourth place of a label are reserved';
  if (name.length > MAX_LENGTH) return `The name has more than ${MAX_LENGTH} characters`;
  return 'The name is not a domain name: it holds characters other than letters, digits and hyphens';
}

/** IP literals, and what URL parsers take for one: a last label of digits or of hexadecimal with 0x. */
function checkAddress(name: string, refuse: Refuse): void {
  if (isIP(name) !== 0 || name.startsWith('[') || /(^|\.)(\d+|0x[0-9a-f]*)$/i.test(name)) {
    throw refuse('The name is an IP address, not a domain name');
  }
}

function checkReserved(domain: string, refuse: Refuse): void {
  for (const [suffix, source] of RESERVED) {
    if (isBelow(domain, suffix)) throw refuse(`Names under .${suffix} are reserved (${source})`);
  }
  if (!parse(domain, SUFFIX_RULES).isIcann) throw refuse('The top-level domain does not exist in the public DNS');
}

/** BR 3.2.2.6: `*.` never stands right before a suffix under which anybody may register. */
function checkPublicSuffix(domain: string, wildcard: boolean, hostsAllowed: boolean, refuse: Refuse): void {
  if (parse(domain, SUFFIX_RULES).domain !== null) return;
  if (wildcard) throw refuse(`${domain} is a public suffix; a wildcard must not cover all of it`);
  // A private CA may serve single-label hosts such as `intranet`.
  if (!hostsAllowed || domain.includes('.')) throw refuse(`${domain} is a public suffix, not a domain`);
}

function isBelow(domain: string, suffix: string): boolean {
  return domain === suffix || domain.endsWith(`.${suffix}`);
}
