import type { Validity } from '../../core/records.ts';
import type { Rules } from '../../core/rules.ts';
import { addMonths, DAY, type Instant } from '../../core/time.ts';
import type { ValidityMembers } from './carried.ts';
import { invalidParameter, missingParameter, VendorError } from './errors.ts';
import type { OrderBody, ValidityBody } from './order-body.ts';
import { endOfDay } from './times.ts';

/** Longer plans ended on 2023-10-31. */
const MOST_YEARS = 3;
const MOST_DAYS = 1_095;

/** How long an order runs. */
export interface Term {
  periodMonths: number;
  /** Null where it is whole years from its issuance. */
  endsAt: Instant | null;
  /** The one unit that was told, to be shown again. */
  members: ValidityMembers;
}

type TermBody = Pick<OrderBody, 'order_validity' | 'validity_years' | 'validity_days' | 'custom_expiration_date'>;

/**
 * The term of an order: `order_validity`, else the deprecated members beside it; of each a date overrides days, and
 * days override years. Without multi-year plans the longest is one year.
 * @throws VendorError `invalid_value:<unit>`, `missing_value:order_validity`
 */
export function readTerm(body: TermBody, multiYear: boolean, now: Instant): Term {
  const { validity_years: years, validity_days: days, custom_expiration_date: date } = body;
  const told = { years, days, custom_expiration_date: date };
  const asked = body.order_validity !== undefined && isTold(body.order_validity) ? body.order_validity : told;
  const most = multiYear ? MOST_YEARS : 1;
  if (asked.custom_expiration_date !== undefined) {
    return termUntil(dateOf('custom_expiration_date', asked.custom_expiration_date), asked, most, now);
  }
  if (asked.days !== undefined) {
    const longest = most === 1 ? 365 : MOST_DAYS;
    if (asked.days > longest) throw invalidParameter('validity_days', `It may be at most ${longest}`);
    const endsAt = now + asked.days * DAY;
    return { periodMonths: startedYears(now, endsAt) * 12, endsAt, members: { days: asked.days } };
  }
  if (asked.years === undefined) throw missingParameter('order_validity');
  if (asked.years > most) throw invalidParameter('validity_years', `It may be at most ${most}`);
  return { periodMonths: asked.years * 12, endsAt: null, members: { years: asked.years } };
}

function termUntil(endsAt: Instant, asked: ValidityBody, most: number, now: Instant): Term {
  if (endsAt <= now) throw invalidParameter('custom_expiration_date', 'It lies in the past');
  // The day counts, whatever the hour of the order.
  if (endsAt >= addMonths(now, most * 12) + DAY) {
    throw invalidParameter('custom_expiration_date', `It must be within ${most === 1 ? 'one year' : 'three years'}`);
  }
  const periodMonths = Math.min(startedYears(now, endsAt), most) * 12;
  return { periodMonths, endsAt, members: { custom_expiration_date: asked.custom_expiration_date as string } };
}

function isTold({ years, days, custom_expiration_date: date }: ValidityBody): boolean {
  return years !== undefined || days !== undefined || date !== undefined;
}

function startedYears(now: Instant, endsAt: Instant): number {
  let years = 1;
  while (addMonths(now, years * 12) < endsAt) years += 1;
  return years;
}

function dateOf(parameter: string, text: string): Instant {
  const end = endOfDay(text);
  if (end === null) throw invalidParameter(parameter, 'It must be a date such as 21 DEC 2026');
  return end;
}

/** How long one certificate is to live; null and nothing to show where it is not told. */
export interface CertValidity {
  validity: Validity | null;
  members: ValidityMembers | null;
}

export interface CertValidityWorld {
  now: Instant;
  rules: Rules;
  /** When the order ends: a certificate may not outlive it. */
  orderEndsAt: Instant;
  /** Without it the member is not looked at. */
  multiYear: boolean;
}

/**
 * `certificate.cert_validity`. One year stands for the longest life that the rules allow; days and dates must keep to
 * it (BR 6.3.2).
 * @throws VendorError `invalid_value:certificate.cert_validity…`, `cert_validity_exceeds_order_validity`
 */
export function readCertValidity(asked: ValidityBody | undefined, world: CertValidityWorld): CertValidity {
  if (asked === undefined || !isTold(asked) || !world.multiYear) return { validity: null, members: null };
  const { now, rules, orderEndsAt } = world;
  const path = 'certificate.cert_validity';
  const longest = rules.longestValidity(now);
  const { years, days, custom_expiration_date: date } = asked;
  if (date !== undefined) {
    const parameter = `${path}.custom_expiration_date`;
    const until = dateOf(parameter, date);
    if (until <= now) throw invalidParameter(parameter, 'It lies in the past');
    if (until >= now + longest + DAY) throw invalidParameter(parameter, `It must be within ${longest / DAY} days`);
    // An order that ends on the same day ends at its hour; the certificate ends with it.
    if (until >= orderEndsAt + DAY) throw exceedsOrder();
    return { validity: { until }, members: { custom_expiration_date: date } };
  }
  if (days !== undefined) {
    if (days * DAY > longest) throw invalidParameter(`${path}.days`, `It may be at most ${longest / DAY}`);
    if (now + days * DAY > orderEndsAt) throw exceedsOrder();
    return { validity: { days }, members: { days } };
  }
  if (years === undefined || years !== 1) throw invalidParameter(`${path}.years`, 'It may only be 1');
  if (addMonths(now, 12) > orderEndsAt) throw exceedsOrder();
  return { validity: null, members: { years } };
}

function exceedsOrder(): VendorError {
  const message = 'The validity of the certificate exceeds the validity of the order.';
  return new VendorError(400, 'cert_validity_exceeds_order_validity', message);
}
