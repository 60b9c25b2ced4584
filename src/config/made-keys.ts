import type { Product } from '../core/products.ts';
import type { Config } from './load.ts';

/** Products named in one warning. */
const SHOWN = 10;

/**
 * BR 6.1.1.3: a CA must not make keys of its subscribers. Where the own CA is a public one, products that hosting
 * platforms sell with keys made here need an issuer outside.
 * @param makers folder names of the dialects that make keys
 * @returns one line for each dialect with products that lack one
 */
export function warnOfMadeKeys(
  { ca, sandbox, catalogue }: Pick<Config, 'ca' | 'sandbox' | 'catalogue'>,
  makers: readonly string[],
): string[] {
  if (ca.profile === 'private' || sandbox.enabled) return [];
  return makers.flatMap((dialect) => {
    const lacking = catalogue.soldBy(dialect).filter((product) => !hasOutside(product));
    return lacking.length === 0 ? [] : [warning(dialect, lacking)];
  });
}

function hasOutside({ issuers }: Product): boolean {
  return issuers.some((name) => name !== 'embedded');
}

function warning(dialect: string, lacking: readonly Product[]): string {
  const dv = lacking.filter(({ level }) => level === 'DV');
  const others = lacking.filter(({ level }) => level !== 'DV');
  const advice = [];
  if (dv.length > 0) {
    advice.push(`name an issuer outside in the issuers of ${list(dv)}, or leave ${dialect} out of their dialects`);
  }
  if (others.length > 0) {
    advice.push(`CAs outside sign no OV and EV, so leave ${dialect} out of the dialects of ${list(others)}`);
  }
  const rule = 'a public CA must not sign for keys that it made (BR 6.1.1.3)';
  const unused = `where nobody calls it, put ${dialect} = false into [dialects]`;
  return `${dialect} makes keys for its customers, and ${rule}: ${unused}; else ${advice.join('; ')}`;
}

function list(products: readonly Product[]): string {
  const names = products.slice(0, SHOWN).map(({ id }) => id);
  return names.join(', ') + (products.length > SHOWN ? ` and ${products.length - SHOWN} more` : '');
}
