import { isIP } from 'node:net';
import { constructedContextTag, contextTag, inside, readWhole, TAG } from './der-reader.ts';
import { readNamedBits, readOid, readSmallInteger } from './der-values.ts';
import type { Extra } from '../core/records.ts';
import type { LintCase, LintRule } from './lint.ts';
import { bytesOf, hex, items, latin1, of, only, same, startsInside, wholeSequence } from './lint-reading.ts';
import { ACCESS, ATTRIBUTE, EXTENSION, POLICY, PURPOSE } from './oids.ts';
import { isRsaKey } from './public-key.ts';

const HOUR = 3_600_000;

/** Rules of leaves. BR: TLS Baseline Requirements v2.2.7. */
export const LEAF_RULES: readonly LintRule[] = [
  { id: 'version-3', cite: 'BR 7.1.1', check: ({ tbs }) => tbs.version === 2 },
  {
    id: 'serial-positive',
    cite: 'BR 7.1',
    check: ({ tbs }) => (tbs.serial[0] as number) < 0x80 && tbs.serial.some((octet) => octet > 0),
  },
  // Below 2^159, and no shorter than the 16 octets of chance that we put there.
  { id: 'serial-length', cite: 'BR 7.1', check: ({ tbs }) => tbs.serial.length >= 16 && tbs.serial.length <= 20 },
  { id: 'serial-on-record', cite: 'BR 5.4.1', check: ({ tbs, expected }) => hex(tbs.serial) === expected.serial },
  {
    id: 'signature-algorithm',
    cite: 'BR 7.1.3.2',
    check: ({ tbs, expected }) => same(tbs.signatureAlgorithm, expected.issuer.signatureAlgorithm),
  },
  { id: 'issuer-name', cite: 'BR 7.1.4.1', check: ({ tbs, expected }) => same(tbs.issuer, expected.issuer.name) },
  {
    id: 'time-form',
    cite: 'RFC 5280 §4.1.2.5',
    check: ({ tbs }) =>
      [tbs.notBefore, tbs.notAfter].every(
        ({ at, tag }) => tag === (at < YEAR_2050 ? TAG.utcTime : TAG.generalizedTime),
      ),
  },
  {
    id: 'validity-on-record',
    cite: 'BR 5.4.1',
    check: ({ tbs, expected }) => tbs.notBefore.at === expected.notBefore && tbs.notAfter.at === expected.notAfter,
  },
  {
    // Both ends count, hence the second.
    id: 'validity-length',
    cite: 'BR 6.3.2',
    check: ({ tbs, expected }) =>
      tbs.notAfter.at > tbs.notBefore.at && tbs.notAfter.at + 1000 - tbs.notBefore.at <= expected.longestValidity,
  },
  {
    id: 'not-before-near-signing',
    cite: 'BR 7.1.2.7',
    check: ({ tbs, expected }) => Math.abs(expected.signedAt - tbs.notBefore.at) <= 48 * HOUR,
  },
  { id: 'within-term', cite: 'order', check: ({ tbs, expected }) => tbs.notAfter.at <= expected.notAfterAtMost },
  {
    id: 'within-issuer',
    cite: 'RFC 5280 §6.1',
    check: ({ tbs, expected }) => tbs.notAfter.at <= expected.issuer.notAfter,
  },
  { id: 'subject-attributes', cite: 'BR 7.1.2.7.2', check: subjectFitsLevel },
  { id: 'subject-order', cite: 'BR 7.1.4.2', check: subjectInOrder },
  { id: 'subject-encoding', cite: 'BR 7.1.4.2', check: subjectEncoded },
  { id: 'common-name-in-san', cite: 'BR 7.1.4.3', check: commonNameInSan },
  { id: 'key-asked-for', cite: 'BR 3.2.1', check: ({ tbs, expected }) => same(tbs.spki, expected.spki) },
  {
    id: 'key-algorithm',
    cite: 'BR 7.1.3.1',
    check: ({ tbs }) => KEY_PREFIXES.some((prefix) => startsInside(tbs.spki, prefix)),
  },
  {
    id: 'extensions-once',
    cite: 'RFC 5280 §4.2',
    check: ({ tbs }) => tbs.byType.size === tbs.extensions.length,
  },
  {
    id: 'extensions-known',
    cite: 'BR 7.1.2.7.6',
    check: ({ tbs }) => tbs.extensions.every(({ type }) => LEAF_EXTENSIONS.has(type)),
  },
  {
    id: 'san-names',
    cite: 'BR 7.1.2.7.12',
    check: ({ san, expected }) =>
      san.length === expected.names.length && san.every((name, at) => name === sanOf(expected.names[at] ?? '')),
  },
  { id: 'san-name-form', cite: 'BR 7.1.2.7.12', check: sanFormed },
  { id: 'san-names-once', cite: 'BR 7.1.4.2', check: ({ san }) => new Set(san).size === san.length },
  {
    id: 'san-critical-iff-empty-subject',
    cite: 'BR 7.1.2.7.12',
    check: ({ tbs }) => of(tbs, EXTENSION.subjectAltName).critical === (tbs.subject.length === 0),
  },
  {
    id: 'authority-key',
    cite: 'BR 7.1.2.11.1',
    check: ({ tbs, expected }) => {
      const keyId = only(inside(wholeSequence(of(tbs, EXTENSION.authorityKeyIdentifier))), contextTag(0));
      return same(bytesOf(keyId), expected.issuer.keyId);
    },
  },
  {
    id: 'purpose',
    cite: 'BR 7.1.2.7.10',
    check: (leaf) => {
      const purposes = items(of(leaf.tbs, EXTENSION.extendedKeyUsage), TAG.oid).map(readOid);
      const clients = wants(leaf, 'client-auth');
      return purposes.join() === (clients ? [PURPOSE.serverAuth, PURPOSE.clientAuth] : [PURPOSE.serverAuth]).join();
    },
  },
  {
    id: 'key-usage',
    cite: 'BR 7.1.2.7.11',
    check: (leaf) => {
      const usage = of(leaf.tbs, EXTENSION.keyUsage);
      const bits = readNamedBits(readWhole(usage.value, TAG.bitString, 'the key usage'));
      const wide = wants(leaf, 'data-encipherment');
      return usage.critical && bits.join() === (isRsaKey(leaf.tbs.spki) ? (wide ? '0,2,3' : '0,2') : '0');
    },
  },
  {
    id: 'not-a-ca',
    cite: 'BR 7.1.2.7.8',
    check: ({ tbs }) => {
      const constraints = tbs.byType.get(EXTENSION.basicConstraints);
      return constraints === undefined || (constraints.critical && items(constraints, TAG.boolean).length === 0);
    },
  },
  {
    id: 'policy',
    cite: 'BR 7.1.6.1',
    check: (leaf) => {
      const policy = only(inside(wholeSequence(of(leaf.tbs, EXTENSION.certificatePolicies))), TAG.sequence);
      return readOid(only(inside(policy), TAG.oid)) === POLICY[leaf.expected.level];
    },
  },
  {
    id: 'crl-distribution-point',
    cite: 'BR 7.1.2.11.2',
    check: (leaf) => isAt(crlUrlOf(leaf), leaf.expected.crlPath),
  },
  {
    id: 'authority-information',
    cite: 'BR 7.1.2.7.7',
    check: (leaf) => isAt(caIssuersUrlOf(leaf), leaf.expected.caIssuersPath),
  },
  {
    id: 'must-staple-as-asked',
    cite: 'RFC 7633 §4',
    check: ({ tbs, expected }) => {
      const feature = tbs.byType.get(EXTENSION.tlsFeature);
      if (feature === undefined) return !expected.mustStaple;
      return expected.mustStaple && items(feature, TAG.integer).map(readSmallInteger).join() === '5';
    },
  },
  {
    id: 'delegation-as-asked',
    cite: 'RFC 9345 §4.2',
    check: (leaf) => {
      const delegation = leaf.tbs.byType.get(EXTENSION.delegationUsage);
      const asked = wants(leaf, 'delegated-credentials');
      return delegation === undefined ? !asked : asked && hex(delegation.value) === '0500';
    },
  },
  {
    id: 'no-subject-key-identifier',
    cite: 'BR 7.1.2.7.6',
    check: ({ tbs }) => !tbs.byType.has(EXTENSION.subjectKeyIdentifier),
  },
  {
    id: 'criticality',
    cite: 'BR 7.1.2.7.6',
    check: ({ tbs }) => tbs.extensions.every(({ type, critical }) => !critical || MAY_BE_CRITICAL.has(type)),
  },
];

const YEAR_2050 = Date.UTC(2050, 0);

/** Algorithm of the key, byte for byte: RSA, P-256, P-384, P-521. */
const KEY_PREFIXES = [
  '300d06092a864886f70d0101010500',
  '301306072a8648ce3d020106082a8648ce3d030107',
  '301006072a8648ce3d020106052b81040022',
  '301006072a8648ce3d020106052b81040023',
].map((text) => Buffer.from(text, 'hex'));

const LEAF_EXTENSIONS: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.basicConstraints,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.authorityInformationAccess,
  EXTENSION.certificatePolicies,
  EXTENSION.crlDistributionPoints,
  EXTENSION.tlsFeature,
  EXTENSION.delegationUsage,
  EXTENSION.subjectAltName,
]);

const MAY_BE_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.basicConstraints,
  EXTENSION.subjectAltName,
]);

/** BR 7.1.4.2: the order in which attributes stand; those of EVG 7.1.4.2 come first. */
const ORDER: readonly string[] = [
  ATTRIBUTE.jurisdictionCountry,
  ATTRIBUTE.jurisdictionState,
  ATTRIBUTE.jurisdictionLocality,
  ATTRIBUTE.businessCategory,
  ATTRIBUTE.serialNumber,
  ATTRIBUTE.countryName,
  ATTRIBUTE.stateOrProvinceName,
  ATTRIBUTE.localityName,
  ATTRIBUTE.postalCode,
  ATTRIBUTE.streetAddress,
  ATTRIBUTE.organizationName,
  ATTRIBUTE.commonName,
];
const FIRST_OF_OV = ORDER.indexOf(ATTRIBUTE.countryName);

const PRINTABLE_ONLY: ReadonlySet<string> = new Set([
  ATTRIBUTE.countryName,
  ATTRIBUTE.jurisdictionCountry,
  ATTRIBUTE.serialNumber,
]);

function wants({ expected }: LintCase, extra: Extra): boolean {
  return expected.extras?.includes(extra) === true;
}

function subjectFitsLevel({ tbs, expected }: LintCase): boolean {
  const types = tbs.subject.map(({ type }) => type);
  if (expected.level === 'DV') return types.every((type) => type === ATTRIBUTE.commonName);
  const needed = types.includes(ATTRIBUTE.organizationName) && types.includes(ATTRIBUTE.countryName);
  const placed = types.includes(ATTRIBUTE.localityName) || types.includes(ATTRIBUTE.stateOrProvinceName);
  const from = expected.level === 'EV' ? 0 : FIRST_OF_OV;
  return needed && placed && types.every((type) => ORDER.indexOf(type) >= from);
}

/** Rising, so each at most once as well. */
function subjectInOrder({ tbs }: LintCase): boolean {
  const ranks = tbs.subject.map(({ type }) => ORDER.indexOf(type));
  return ranks.every((rank, at) => rank >= 0 && (at === 0 || rank > (ranks[at - 1] as number)));
}

function subjectEncoded({ tbs }: LintCase): boolean {
  return tbs.subject.every(({ type, value, single }) => {
    const right = value.tag === TAG.printableString || (value.tag === TAG.utf8String && !PRINTABLE_ONLY.has(type));
    return single && right && value.end > value.body;
  });
}

function commonNameInSan({ tbs, expected, san }: LintCase): boolean {
  const commonName = tbs.subject.find(({ type }) => type === ATTRIBUTE.commonName);
  if (commonName === undefined) return true;
  const text = latin1(commonName.value);
  return text === expected.commonName && san.includes(sanOf(text));
}

const LABEL = '(?!-)[a-z0-9-]{1,63}(?<!-)';
/** A host of a single label only a private CA can be asked for; the name policy has decided that. */
const DNS_NAME = new RegExp(`^(${LABEL}|(\\*\\.)?${LABEL}(\\.${LABEL})+)$`);

function sanFormed({ san, expected }: LintCase): boolean {
  const isFormed = (name: string): boolean =>
    name.startsWith('ip:') ? expected.privateNames === true : isDnsName(name) && isIP(name) === 0;
  return san.length > 0 && san.every(isFormed);
}

/** A name as `readSanNames` gives it. */
function sanOf(name: string): string {
  return isIP(name) === 0 ? name : `ip:${name}`;
}

function isDnsName(name: string): boolean {
  return name.length <= 253 && DNS_NAME.test(name);
}

/** The one address at which the CRL is. @throws DerError for more than one, or anything beside it */
function crlUrlOf(leaf: LintCase): string {
  const points = wholeSequence(of(leaf.tbs, EXTENSION.crlDistributionPoints));
  const point = only(inside(points), TAG.sequence);
  const name = only(inside(point), constructedContextTag(0));
  const fullName = only(inside(name), constructedContextTag(0));
  return latin1(only(inside(fullName), contextTag(6)));
}

/** The one address of the issuer's certificate. @throws DerError for any other access */
function caIssuersUrlOf(leaf: LintCase): string {
  const accesses = wholeSequence(of(leaf.tbs, EXTENSION.authorityInformationAccess));
  const access = inside(only(inside(accesses), TAG.sequence));
  const method = readOid(access.next(TAG.oid, 'the method'));
  const url = only(access, contextTag(6));
  return method === ACCESS.caIssuers ? latin1(url) : '';
}

function isAt(url: string, path: string): boolean {
  return url.startsWith('http://') && url.endsWith(path);
}
