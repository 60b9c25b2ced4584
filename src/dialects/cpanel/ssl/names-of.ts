import type { DistinguishedName } from '../../../pki/distinguished-name.ts';

const LONG: Readonly<Record<string, string>> = {
  CN: 'commonName',
  C: 'countryName',
  ST: 'stateOrProvinceName',
  L: 'localityName',
  O: 'organizationName',
  OU: 'organizationalUnitName',
  STREET: 'streetAddress',
  SN: 'surname',
  GN: 'givenName',
  DC: 'domainComponent',
  UID: 'userId',
};

/** Long names and values of a distinguished name, in its order. */
export function longNames(name: DistinguishedName): [type: string, value: string][] {
  return name.flat().map(({ type, value }) => [LONG[type] ?? type, value]);
}

/** `countryName\nUS\norganizationName\nDesk`: how the API shows a name in one text. */
export function nameLines(name: DistinguishedName): string {
  return longNames(name).flat().join('\n');
}

/** Dotted members of one record: `issuer.commonName`. Those in `always` are there also where the name lacks them. */
export function dotted(
  prefix: string,
  name: DistinguishedName,
  always: readonly string[] = [],
): Record<string, string | null> {
  const members: Record<string, string | null> = {};
  for (const type of always) members[`${prefix}.${type}`] = null;
  for (const [type, value] of longNames(name)) members[`${prefix}.${type}`] ??= value;
  return members;
}

/** `C = US, CN = example.com`: OpenSSL's one line. */
export function openSslLine(name: DistinguishedName): string {
  return name.map((relative) => relative.map(({ type, value }) => `${type} = ${quoted(value)}`).join(' + ')).join(', ');
}

function quoted(value: string): string {
  return /[,+"\\<>;]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value;
}
