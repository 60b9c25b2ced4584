import { isIP } from 'node:net';
import { invalidValue } from './errors.ts';
import type { NamePolicy } from './ports.ts';
import type { Product } from './products.ts';

/** The names of a certificate, and which of them are paid for beyond those that the product includes. */
export interface OrderedNames {
  /** Common name first, no name twice. */
  names: string[];
  extraDomains: number;
  extraWildcards: number;
}

/**
 * Decides the names of an order: the common name, the others asked for, and the free `www.` or base name where the
 * caller said nothing about other names.
 * @throws DeskError `invalid-value` on `commonName` or `names` where the product may not hold them.
 */
export function orderedNames(
  product: Product,
  commonName: string,
  otherNames: readonly string[] | undefined,
  policy: NamePolicy,
): OrderedNames {
  const internal = product.privateNames === true;
  const first = policy.normalise(commonName, 'commonName', internal);
  const others = otherNames?.map((name, index) => policy.normalise(name, `names[${index}]`, internal));
  const names = [...new Set([first, ...(others ?? freeNames(product, first, policy))])];
  checkKinds(product, names);
  // Where the base of a wildcard is free, it is so for each of them.
  const free = new Set([first, ...names.filter(isWildcard)].flatMap((name) => freeNames(product, name, policy)));
  const counted = names.filter((name) => !free.has(name));
  if (product.names !== 'multi' && counted.length > 1) {
    throw invalidValue('names', 'This product holds one name', counted[1]);
  }
  if (counted.length > product.maxNames) {
    throw invalidValue('names', `This product holds at most ${product.maxNames} names`);
  }
  const extra = counted.slice(product.includedNames);
  const extraWildcards = extra.filter(isWildcard).length;
  return { names, extraDomains: extra.length - extraWildcards, extraWildcards };
}

export function isWildcard(name: string): boolean {
  return name.startsWith('*.');
}

/** Whether it is an IP address, which only products with private names hold. */
export function isAddress(name: string): boolean {
  const last = name.charCodeAt(name.length - 1);
  // Most names end with a letter.
  return ((last >= 0x30 && last <= 0x39) || name.includes(':')) && isIP(name) !== 0;
}

/** The name without a leading `*.`. */
export function baseOf(name: string): string {
  return isWildcard(name) ? name.slice(2) : name;
}

/** The name and its parents, from the longest down to `top`, which is a parent or the name itself. */
export function climb(name: string, top: string): string[] {
  const names: string[] = [];
  for (let current = name; current.length >= top.length; current = current.slice(current.indexOf('.') + 1)) {
    names.push(current);
    if (current === top || !current.includes('.')) break;
  }
  return names;
}

function freeNames(product: Product, name: string, policy: NamePolicy): string[] {
  const base = baseOf(name);
  if (isAddress(name)) return [];
  if (isWildcard(name)) return product.includesBase ? [base] : [];
  if (product.names !== 'single') return [];
  if (base.startsWith('www.')) {
    const bare = base.slice(4);
    return product.includesBase && policy.registrableDomain(bare) !== null ? [bare] : [];
  }
  return product.includesWww ? [`www.${base}`] : [];
}

function checkKinds(product: Product, names: readonly string[]): void {
  const [commonName] = names as [string];
  if (product.names === 'wildcard' && !isWildcard(commonName)) {
    throw invalidValue('commonName', 'This product needs a wildcard name', commonName);
  }
  if (product.names === 'wildcard' || product.wildcardsAllowed) return;
  const wildcard = names.find(isWildcard);
  if (wildcard !== undefined) {
    throw invalidValue(
      wildcard === commonName ? 'commonName' : 'names',
      'This product holds no wildcard names',
      wildcard,
    );
  }
}
