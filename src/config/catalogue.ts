import { DeskError } from '../core/errors.ts';
import { Catalogue, type Level, type Price, type Product } from '../core/products.ts';
import type { CheckKind } from '../core/records.ts';
import { lineProducts } from './catalogue-lines.ts';
import { nearest } from './nearest.ts';
import type { ProductChange } from './product-schema.ts';

/** The products of a desk whose configuration changes none. Prices are examples, in cents per started year. */

const price = (base: number, extraName: number, extraWildcard: number): Record<string, Price> => ({
  EUR: { base, extraName, extraWildcard },
  USD: { base: usd(base), extraName: usd(extraName), extraWildcard: usd(extraWildcard) },
});

function usd(cents: number): number {
  return Math.round((cents * 1.1) / 10) * 10;
}

// BR 3.2.5 asks OV for a call back over a reliable channel; EVG 3.2.2.8.1 asks EV for a signed agreement as well.
const CHECKS: Readonly<Record<Level, readonly CheckKind[]>> = {
  DV: [],
  OV: ['organization', 'callback'],
  EV: ['organization', 'callback', 'agreement'],
};

type Shape = Pick<Product, 'level' | 'names' | 'pricesByCurrency'>;

// EVG 3.2.2.7 knows no wildcards, so EV has neither a wildcard product nor wildcards among its names.
const SHAPES: readonly Shape[] = [
  { level: 'DV', names: 'single', pricesByCurrency: price(900, 0, 0) },
  { level: 'DV', names: 'multi', pricesByCurrency: price(2_400, 700, 4_500) },
  { level: 'DV', names: 'wildcard', pricesByCurrency: price(5_900, 0, 0) },
  { level: 'OV', names: 'single', pricesByCurrency: price(4_900, 0, 0) },
  { level: 'OV', names: 'multi', pricesByCurrency: price(9_900, 2_500, 12_900) },
  { level: 'OV', names: 'wildcard', pricesByCurrency: price(17_900, 0, 0) },
  { level: 'EV', names: 'single', pricesByCurrency: price(9_900, 0, 0) },
  { level: 'EV', names: 'multi', pricesByCurrency: price(24_900, 6_900, 0) },
];

const NAMES = { single: 'single domain', multi: 'multi-domain', wildcard: 'wildcard' } as const;

function productId(shape: Shape): string {
  return `${shape.level.toLowerCase()}-${shape.names}`;
}

function product(shape: Shape): Product {
  const multi = shape.names === 'multi';
  return {
    ...shape,
    id: productId(shape),
    name: `${shape.level} ${NAMES[shape.names]}`,
    wildcardsAllowed: multi && shape.level !== 'EV',
    includesWww: shape.names === 'single',
    includesBase: !multi,
    periods: shape.level === 'EV' ? [12, 24] : [12, 24, 36],
    includedNames: multi ? 3 : 1,
    maxNames: multi ? 100 : 1,
    checks: CHECKS[shape.level],
    issuers: ['embedded'],
    renewFrom: SHAPES.filter(({ level, names }) => level === shape.level || names === shape.names).map(productId),
    reissuable: true,
    renewalWindowDays: 90,
  };
}

/** Sold by the name, as shops of hosting panels do: no base price, and the base of a wildcard comes free with it. */
const BY_NAME = [
  { level: 'DV', extraName: 900, extraWildcard: 7_500 },
  { level: 'OV', extraName: 3_000, extraWildcard: 9_900 },
  { level: 'EV', extraName: 10_800, extraWildcard: 0 },
] as const;

function productByName({ level, extraName, extraWildcard }: (typeof BY_NAME)[number]): Product {
  const each = { base: 0, extraName, extraWildcard };
  return {
    id: `${level.toLowerCase()}-by-name`,
    name: `${level} by the name`,
    level,
    names: 'multi',
    wildcardsAllowed: level !== 'EV',
    includesWww: false,
    includesBase: true,
    periods: [12],
    includedNames: 0,
    maxNames: 100,
    pricesByCurrency: { EUR: each, USD: each },
    checks: CHECKS[level],
    issuers: ['embedded'],
    renewFrom: BY_NAME.map((one) => `${one.level.toLowerCase()}-by-name`),
    reissuable: true,
    renewalWindowDays: 90,
    dialects: ['cpanel'],
  };
}

/** What hosting platforms give to the websites that they serve, by themselves and for nothing. */
const HOSTED: Product = {
  ...product({ level: 'DV', names: 'multi', pricesByCurrency: price(0, 0, 0) }),
  id: 'dv-hosted',
  name: 'DV for hosted websites',
  wildcardsAllowed: false,
  periods: [12],
  renewFrom: ['dv-hosted'],
  dialects: ['cpanel'],
};

/** What they give with a domain on request: for its name and what goes with it. */
const HOSTED_DOMAIN: Product = {
  ...HOSTED,
  id: 'dv-hosted-domain',
  name: 'DV for a hosted domain',
  wildcardsAllowed: true,
  renewFrom: ['dv-hosted-domain'],
  dialects: ['wp-engine'],
};

/**
 * The default products with the changes of the configuration.
 * @throws DeskError `invalid-value` where a new product lacks a member; the field is `products[INDEX]`.
 */
export function buildCatalogue(changes: readonly ProductChange[] = []): Catalogue {
  const defaults = [
    ...SHAPES.map(product),
    ...lineProducts(['digicert'], price),
    ...BY_NAME.map(productByName),
    HOSTED,
    HOSTED_DOMAIN,
  ];
  const products = new Map(defaults.map((one) => [one.id, one]));
  changes.forEach((change, index) => {
    const known = products.get(change.id);
    if (known !== undefined) products.set(change.id, merge(known, change));
    else products.set(change.id, complete(change, index, [...products.keys()]));
  });
  return new Catalogue([...products.values()]);
}

/** Members that are not given keep what they were. */
function merge(known: Product, change: ProductChange): Product {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...known, ...(Object.fromEntries(given) as Partial<Product>) };
}

const MEMBERS = Object.keys(product(SHAPES[0] as Shape)) as (keyof Product)[];

function complete(candidate: ProductChange, index: number, known: readonly string[]): Product {
  const missing = MEMBERS.filter((member) => candidate[member] === undefined);
  if (missing.length > 0) {
    const guess = nearest(candidate.id, known);
    const hint = guess === null ? '' : ` (or did you mean ${guess}?)`;
    const needs = `so it also needs: ${missing.join(', ')}`;
    throw new DeskError('invalid-value', `product ${candidate.id} is new${hint}, ${needs}`, {
      field: `products[${index}]`,
    });
  }
  return candidate as Product;
}
