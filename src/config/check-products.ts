import type { Violation } from '../core/errors.ts';
import type { Catalogue, Product } from '../core/products.ts';
import type { AcmeIssuerConfig } from './issuer-schema.ts';

/** Name of the own CA. */
const EMBEDDED = 'embedded';

/**
 * Whether every product can be signed by the issuers it names: they exist, can do its level (ACME validates domains
 * alone), and one of them can do the wildcards that it sells (RFC 8555 §7.1.3: by dns-01).
 * @returns one violation for each mistake; `field` is the product's id
 */
export function checkProductIssuers(
  catalogue: Catalogue,
  issuers: Readonly<Record<string, AcmeIssuerConfig>>,
): Violation[] {
  return catalogue
    .all()
    .flatMap((product) => mistakesOf(product, issuers).map((message) => ({ field: product.id, message })));
}

function mistakesOf(product: Product, issuers: Readonly<Record<string, AcmeIssuerConfig>>): string[] {
  const known = [EMBEDDED, ...Object.keys(issuers)];
  const unknown = product.issuers.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    return unknown.map((name) => `issuer ${name} is not configured; there are ${known.join(', ')}`);
  }
  const outside = product.issuers.flatMap((name) => issuers[name] ?? []);
  if (product.level !== 'DV') {
    return outside.map(({ name }) => `issuer ${name} validates domains alone and cannot sign ${product.level}`);
  }
  const byFile = outside.filter(({ challenges }) => !challenges.includes('dns-01'));
  const advice = 'a wildcard needs dns-01 among its challenges';
  if (product.names === 'wildcard') return byFile.map(({ name }) => `issuer ${name} cannot sign it: ${advice}`);
  if (!product.wildcardsAllowed || byFile.length === 0 || byFile.length < product.issuers.length) return [];
  return [
    `none of its issuers can sign the wildcards that it allows: ${advice}, or the product wildcardsAllowed = false`,
  ];
}
