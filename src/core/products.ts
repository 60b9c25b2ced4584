import type { CheckKind } from './records.ts';

export type Level = 'DV' | 'OV' | 'EV';

/** Cents per started year of the term. */
export interface Price {
  base: number;
  extraName: number;
  extraWildcard: number;
}

/** What can be ordered. Each dialect gives it its own code. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly level: Level;
  readonly names: 'single' | 'multi' | 'wildcard';
  /** Whether a multi-domain product may hold `*.` names. */
  readonly wildcardsAllowed: boolean;
  /** `www.` of the name comes free with it, and the other way round. */
  readonly includesWww: boolean;
  readonly includesBase: boolean;
  /** Terms in months. */
  readonly periods: readonly number[];
  readonly includedNames: number;
  readonly maxNames: number;
  readonly pricesByCurrency: Readonly<Record<string, Price>>;
  /** Vetting by people that must pass before issuance. */
  readonly checks: readonly CheckKind[];
  /** Issuers that may sign it, the preferred one first. */
  readonly issuers: readonly string[];
  /** Products from which an order may be renewed into this one, its own id included. */
  readonly renewFrom: readonly string[];
  readonly reissuable: boolean;
  /** Days before the end of a term in which a renewal keeps what is left. */
  readonly renewalWindowDays: number;
  /** Where true, it may hold names that no public registry knows, and IP addresses. */
  readonly privateNames?: boolean;
  /** Folder names of the dialects that sell it; every one where it is not told. */
  readonly dialects?: readonly string[];
}

export class Catalogue {
  readonly #products: ReadonlyMap<string, Product>;

  constructor(products: readonly Product[]) {
    this.#products = new Map(products.map((product) => [product.id, product]));
  }

  all(): Product[] {
    return [...this.#products.values()];
  }

  /** What one dialect sells. */
  soldBy(dialect: string): Product[] {
    return this.all().filter(({ dialects }) => dialects?.includes(dialect) ?? true);
  }

  get(id: string): Product | undefined {
    return this.#products.get(id);
  }
}
