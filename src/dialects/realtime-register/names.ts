import { invalidValue } from '../../core/errors.ts';
import { baseOf, isWildcard } from '../../core/names.ts';
import type { NamePolicy, ParsedCsr } from '../../core/ports.ts';
import type { Product } from '../../core/products.ts';
import type { Certificate } from '../../core/records.ts';
import type { CertificateBody } from './schemas.ts';

/** The names that a body and its CSR ask for. */
export interface AskedNames {
  commonName: string;
  /** Undefined where the product's free name may be added. */
  otherNames: string[] | undefined;
  /** Every name that the order may hold, with the free one: those that `dcv` may speak of. */
  allowed: ReadonlySet<string>;
}

/**
 * `domainName`, or the CSR's common name; `san`, or on a multi-domain product the names of the CSR. A reissue or
 * renewal of several names that names none keeps those of the certificate before it.
 * @throws DeskError `invalid-value` on `domainName` or `san[i]`
 */
export function askedNames(
  product: Product,
  body: CertificateBody,
  csr: ParsedCsr,
  previous: Certificate | null,
  policy: NamePolicy,
): AskedNames {
  const commonName = body.domainName ?? nameInCsr(csr, previous, policy);
  const otherNames =
    product.names === 'multi'
      ? (body.san ?? namesInCsr(csr, policy) ?? previous?.names.slice(1) ?? []).filter((name) => name !== commonName)
      : freeNamesOnly(product, commonName, body.san);
  const free = freeName(product, commonName);
  const added = otherNames === undefined && free !== null ? [free] : [];
  return { commonName, otherNames, allowed: new Set([commonName, ...(otherNames ?? []), ...added]) };
}

/** What comes with a name at no cost: `www.` of it, or the name under `www.` or `*.`; null where nothing does. */
export function freeName(product: Product, name: string): string | null {
  if (product.names === 'multi') return null;
  if (isWildcard(name)) return product.includesBase ? baseOf(name) : null;
  if (product.names === 'wildcard') return null;
  if (name.startsWith('www.')) return product.includesBase ? name.slice(4) : null;
  return product.includesWww ? `www.${name}` : null;
}

function nameInCsr(csr: ParsedCsr, previous: Certificate | null, policy: NamePolicy): string {
  const found = csr.commonName ?? csr.dnsNames[0];
  if (found !== undefined && found !== '') return policy.normalise(found, 'domainName');
  if (previous !== null) return previous.commonName;
  throw invalidValue('domainName', 'may not be null where the CSR has no common name');
}

function namesInCsr(csr: ParsedCsr, policy: NamePolicy): string[] | null {
  return csr.dnsNames.length === 0 ? null : csr.dnsNames.map((name) => policy.normalise(name, 'san'));
}

/** A single-domain product holds its name, and of others only the free one. An empty list leaves that one out. */
function freeNamesOnly(product: Product, commonName: string, san: readonly string[] | undefined): string[] | undefined {
  if (san === undefined) return undefined;
  const free = freeName(product, commonName);
  san.forEach((name, index) => {
    if (name === commonName || name === free) return;
    throw invalidValue(`san[${index}]`, 'only applicable for multi domain certificates', name);
  });
  return san.filter((name) => name !== commonName);
}
