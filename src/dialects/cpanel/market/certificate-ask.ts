import { isWildcard } from '../../../core/names.ts';
import { type Call, CallFailure } from '../call.ts';
import { parseJsonText } from '../parameters.ts';
import { type Identity, readIdentity } from './identity.ts';
import { productOf, type Sold } from './products.ts';
import { totalOf } from './quote.ts';
import { readSubjectNames, type SubjectName } from './subject-names.ts';

/** One certificate that is asked for, checked. */
export interface CertificateWish {
  sold: Sold;
  /** As A-labels, in the order asked for. */
  names: readonly SubjectName[];
  periodMonths: number;
  /** Cents. */
  amount: number;
  /** Virtual hosts to install it on; `*` stands for every one that it matches. */
  vhostNames: readonly string[];
  identity: Identity | null;
}

/** Characters of one `certificate` parameter. */
const LONGEST = 65_536;

/**
 * A `certificate` parameter: its product, names, term and price held against what is sold now. `orderIdentity` is
 * what the order says of the organization; the certificate's own word goes first.
 * @throws CallFailure
 */
export function readCertificate(call: Call, text: string, orderIdentity: unknown): CertificateWish {
  if (text.length > LONGEST) throw new CallFailure('The “certificate” parameter is too long.');
  const sent = parseJsonText('certificate', text);
  if (sent === null || typeof sent !== 'object' || Array.isArray(sent)) {
    throw new CallFailure('The “certificate” parameter must be a JSON object.');
  }
  const read = (name: string): unknown =>
    Object.hasOwn(sent, name) ? (sent as Record<string, unknown>)[name] : undefined;
  for (const name of ['product_id', 'price', 'subject_names', 'validity_period']) {
    if (read(name) === undefined || read(name) === null) {
      throw new CallFailure(`The “certificate” parameter lacks “${name}”.`);
    }
  }
  const sold = productOf(call, read('product_id'));
  const names = readSubjectNames(call, read('subject_names'));
  refuseWildcards(sold, names);
  const periodMonths = readPeriod(sold, read('validity_period'));
  const amount = totalOf(call, sold, names, periodMonths);
  checkPrice(sold, read('price'), amount);
  const identity = readIdentity(sold.product.level, read('identity_verification') ?? orderIdentity);
  return { sold, names, periodMonths, amount, vhostNames: readVhosts(read('vhost_names')), identity };
}

function refuseWildcards({ id, product }: Sold, names: readonly SubjectName[]): void {
  if (names.length > product.maxNames) {
    throw new CallFailure(`The product ID “${id}” allows at most ${product.maxNames} subject names.`);
  }
  const wildcard = names.find(({ name }) => isWildcard(name));
  if (wildcard === undefined || product.wildcardsAllowed) return;
  throw new CallFailure(`The product ID “${id}” does not allow wildcard domains such as “${wildcard.name}”.`);
}

/** `[1, "year"]`, with the number as text too, and both in one text as published samples have it. In months. */
function readPeriod({ product }: Sold, sent: unknown): number {
  const parts: unknown[] = Array.isArray(sent) ? (sent as unknown[]) : [sent];
  const [only] = parts;
  const [count, unit] = parts.length === 1 && typeof only === 'string' ? only.split(',') : parts;
  const isCount = typeof count === 'number' || (typeof count === 'string' && /^\s*[0-9]{1,3}\s*$/.test(count));
  const word = typeof unit === 'string' ? unit.replaceAll(/["'\s]/g, '').toLowerCase() : '';
  const months = { year: 12, years: 12, month: 1, months: 1 }[word];
  const period = isCount && months !== undefined ? Number(count) * months : Number.NaN;
  if (parts.length <= 2 && product.periods.includes(period)) return period;
  const terms = product.periods.map((months) =>
    months % 12 === 0 ? `[${months / 12},"year"]` : `[${months},"month"]`,
  );
  throw new CallFailure(`The “validity_period” is not valid: this product is sold for ${terms.join(', ')}.`);
}

/** A check on what the client was shown, not a wish. */
function checkPrice({ currency }: Sold, sent: unknown, amount: number): void {
  const text = typeof sent === 'number' || typeof sent === 'string' ? String(sent).trim() : '';
  const isPrice = /^[0-9]{1,9}(?:\.[0-9]{1,6})?$/.test(text);
  if (isPrice && Math.abs(Number(text) * 100 - amount) < 1e-6) return;
  const right = (amount / 100).toFixed(2);
  if (!isPrice) throw new CallFailure(`The “price” is not valid; the current price is ${right} ${currency}.`);
  throw new CallFailure(`The price “${text}” does not match the current price of ${right} ${currency}.`);
}

function readVhosts(sent: unknown): string[] {
  if (sent === undefined || sent === null) return [];
  if (!Array.isArray(sent) || sent.some((one) => typeof one !== 'string' || one === '')) {
    throw new CallFailure('The “vhost_names” must be an array of names.');
  }
  if (sent.length > MOST_VHOSTS) throw new CallFailure(`The “vhost_names” has more than ${MOST_VHOSTS} names.`);
  return [...new Set(sent as string[])];
}

const MOST_VHOSTS = 1_000;
