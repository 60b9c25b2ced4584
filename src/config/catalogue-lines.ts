import type { Level, Price, Product } from '../core/products.ts';

/**
 * Products that differ in their line alone, as vendors with many brands sell them. Prices are examples, in cents per
 * started year; `flex` holds plain and wildcard names in any mix.
 */

type Names = 'single' | 'multi' | 'wildcard' | 'flex';
type Row = readonly [line: string, level: Level, names: Names, base: number, extraName: number, extraWildcard: number];

const ROWS: readonly Row[] = [
  ['pro', 'OV', 'flex', 89_900, 29_900, 219_900],
  ['pro', 'EV', 'flex', 129_900, 39_900, 0],
  ['secure', 'OV', 'flex', 39_900, 14_900, 109_900],
  ['secure', 'EV', 'flex', 89_900, 24_900, 0],
  ['secure', 'OV', 'single', 39_900, 0, 0],
  ['secure', 'OV', 'multi', 59_900, 14_900, 0],
  ['secure', 'OV', 'wildcard', 139_900, 0, 0],
  ['secure', 'EV', 'single', 89_900, 0, 0],
  ['secure', 'EV', 'multi', 119_900, 24_900, 0],
  ['basic', 'OV', 'flex', 21_900, 9_900, 59_900],
  ['basic', 'EV', 'flex', 29_900, 12_900, 0],
  ['basic', 'DV', 'flex', 14_900, 4_900, 34_900],
  ['basic', 'DV', 'single', 12_900, 0, 0],
  ['basic', 'DV', 'wildcard', 44_900, 0, 0],
  ['plus', 'OV', 'single', 21_900, 0, 0],
  ['plus', 'OV', 'multi', 29_900, 9_900, 0],
  ['plus', 'OV', 'wildcard', 59_900, 0, 0],
  ['plus', 'EV', 'single', 29_900, 0, 0],
  ['plus', 'EV', 'multi', 39_900, 12_900, 0],
  ['business', 'OV', 'flex', 19_900, 7_900, 49_900],
  ['business', 'EV', 'flex', 29_900, 9_900, 0],
  ['webserver', 'OV', 'flex', 19_900, 7_900, 49_900],
  ['webserver', 'EV', 'flex', 34_900, 9_900, 0],
  ['webserver', 'DV', 'flex', 14_900, 4_900, 34_900],
  ['rapid', 'DV', 'single', 5_900, 0, 0],
  ['rapid', 'DV', 'wildcard', 22_900, 0, 0],
  ['cloud', 'DV', 'multi', 14_900, 4_900, 0],
  ['everywhere', 'DV', 'flex', 4_900, 1_900, 12_900],
];

/** For names that nobody outside trusts; vetted like the others, as it is the same CA that signs. */
const INTERNAL: readonly Row[] = [
  ['private', 'OV', 'single', 9_900, 0, 0],
  ['private', 'OV', 'multi', 14_900, 2_900, 0],
  ['private', 'OV', 'wildcard', 29_900, 0, 0],
  ['private', 'OV', 'flex', 14_900, 2_900, 24_900],
];

const CHECKS: Readonly<Record<Level, Product['checks']>> = {
  DV: [],
  // The call back of BR 3.2.5 belongs to the vetting of the organization, once for all of its orders.
  OV: ['organization'],
  EV: ['organization', 'agreement'],
};

const KINDS: Readonly<Record<Names, string>> = {
  single: 'single domain',
  multi: 'multi-domain',
  wildcard: 'wildcard',
  flex: 'flexible',
};

/** The products of all lines, sold by these dialects alone. */
export function lineProducts(
  dialects: readonly string[],
  pricesOf: (base: number, extraName: number, extraWildcard: number) => Record<string, Price>,
): Product[] {
  const rows = [...ROWS, ...INTERNAL];
  return rows.map((row) => {
    const [line, level, names, ...prices] = row;
    return {
      id: idOf(row),
      name: `${line[0]?.toUpperCase()}${line.slice(1)} ${level} ${KINDS[names]}`,
      level,
      names: names === 'flex' ? 'multi' : names,
      wildcardsAllowed: names === 'flex' && level !== 'EV',
      includesWww: names === 'single',
      includesBase: names === 'single' || names === 'wildcard',
      periods: [12, 24, 36],
      includedNames: names === 'multi' ? 4 : 1,
      maxNames: names === 'flex' || names === 'multi' ? 250 : 1,
      pricesByCurrency: pricesOf(...prices),
      checks: CHECKS[level],
      issuers: ['embedded'],
      renewFrom: rows.map(idOf),
      reissuable: true,
      renewalWindowDays: 90,
      ...(INTERNAL.includes(row) ? { privateNames: true } : {}),
      dialects,
    };
  });
}

function idOf(row: Row): string {
  const [line, level, names] = row;
  return INTERNAL.includes(row) ? `${line}-${names}` : `${level.toLowerCase()}-${names}-${line}`;
}
