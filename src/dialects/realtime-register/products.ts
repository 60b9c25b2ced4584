import type { Catalogue, Level, Product } from '../../core/products.ts';
import { DeskError } from '../../core/errors.ts';

export const BRAND = 'Chancery';

export type ValidationType = 'DOMAIN_VALIDATION' | 'ORGANIZATION_VALIDATION' | 'EXTENDED_VALIDATION';
export type CertificateType = 'SINGLE_DOMAIN' | 'MULTI_DOMAIN' | 'WILDCARD';

export const VALIDATION_TYPES: Readonly<Record<Level, ValidationType>> = {
  DV: 'DOMAIN_VALIDATION',
  OV: 'ORGANIZATION_VALIDATION',
  EV: 'EXTENDED_VALIDATION',
};

export const CERTIFICATE_TYPES: Readonly<Record<Product['names'], CertificateType>> = {
  single: 'SINGLE_DOMAIN',
  multi: 'MULTI_DOMAIN',
  wildcard: 'WILDCARD',
};

const ISSUE_TIMES: Readonly<Record<Level, string>> = { DV: '1-5 minutes', OV: '1-3 days', EV: '1-5 days' };

/** Members of a request that must be given, in it or by its CSR. */
const REQUIRED_FIELDS: Readonly<Record<Level, readonly string[]>> = {
  DV: [],
  OV: ['organization', 'address', 'postalCode', 'city', 'country', 'coc', 'approver'],
  EV: ['organization', 'address', 'postalCode', 'city', 'country', 'coc', 'approver'],
};

const OPTIONAL_FIELDS: Readonly<Record<Level, readonly string[]>> = {
  DV: ['dcv', 'authKey'],
  OV: ['dcv', 'authKey', 'state', 'saEmail'],
  EV: ['dcv', 'authKey', 'state', 'saEmail'],
};

/** Both directions between the catalogue's ids and this vendor's product codes. */
export interface ProductCodes {
  codeOf(productId: string): string;
  /** @throws DeskError `not-found` */
  productOf(code: string): Product;
  all(): Product[];
}

/**
 * The vendor's code of a product. It starts with `ssl_`; clients take a code that holds `ov` or `ev` for OV or EV,
 * so that those letters are kept apart in all others.
 */
export function codeFor(product: Pick<Product, 'id' | 'level'>): string {
  let name = product.id
    .toLowerCase()
    .replace(/-single$/, '')
    .replace(/[^a-z0-9]+/g, '_');
  if (product.level !== 'OV') name = name.replaceAll('ov', 'o_v');
  else if (!name.includes('ov')) name += '_ov';
  if (product.level !== 'EV') name = name.replaceAll('ev', 'e_v');
  else if (!name.includes('ev')) name += '_ev';
  return `ssl_chancery_${name}`;
}

/** @throws DeskError `internal` where two products of the catalogue would get one code. */
export function productCodes(catalogue: Catalogue): ProductCodes {
  const codes = new Map<string, string>();
  const products = new Map<string, Product>();
  for (const product of catalogue.soldBy('realtime-register')) {
    const code = codeFor(product);
    const other = products.get(code);
    if (other !== undefined) {
      throw new DeskError(
        'internal',
        `Products ${other.id} and ${product.id} get the same code ${code}; rename one of them`,
      );
    }
    codes.set(product.id, code);
    products.set(code, product);
  }
  return {
    codeOf: (id) => codes.get(id) ?? codeFor({ id, level: 'DV' }),
    productOf: (code) => {
      const product = products.get(code);
      if (product === undefined) throw new DeskError('not-found', `Product ${code} does not exist`);
      return product;
    },
    all: () => [...products.values()],
  };
}

export function requiredFields(product: Product): readonly string[] {
  return REQUIRED_FIELDS[product.level];
}

/** The product as the vendor describes it. */
export function renderProduct(product: Product, codes: ProductCodes) {
  return {
    product: codes.codeOf(product.id),
    brand: BRAND,
    name: product.name,
    validationType: VALIDATION_TYPES[product.level],
    certificateType: CERTIFICATE_TYPES[product.names],
    features: featuresOf(product),
    periods: [...product.periods],
    warranty: 0,
    issueTime: ISSUE_TIMES[product.level],
    renewalWindow: product.renewalWindowDays,
    includedDomains: product.includedNames,
    maxDomains: product.maxNames,
    requiredFields: [...REQUIRED_FIELDS[product.level]],
    optionalFields: [...OPTIONAL_FIELDS[product.level], ...(product.names === 'multi' ? ['san'] : [])],
    renewFrom: product.renewFrom.map((id) => codes.codeOf(id)),
  };
}

/** OCSP_MUST_STAPLE is not among them: the desk publishes CRLs and runs no OCSP responder. */
function featuresOf(product: Product): string[] {
  const features: string[] = [];
  if (product.reissuable) features.push('REISSUE');
  if (product.names === 'multi' && product.wildcardsAllowed) features.push('WILDCARD');
  if (product.includesWww) features.push('WWW_INCLUDED');
  if (product.includesBase) features.push('NON_WWW_INCLUDED');
  return features;
}
