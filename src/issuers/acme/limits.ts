import { HOUR, MINUTE, SECOND } from '../../core/time.ts';
import type { Rate, RateOverrides } from './settings.ts';

/** What CAs count, and over whom. */
export type LimitName = keyof RateOverrides;

/** Over one account of the CA, or over all who ask it. */
export const COUNTED_OVER: Readonly<Record<LimitName, 'account' | 'ca'>> = {
  ordersPerAccount: 'account',
  certificatesPerDomain: 'ca',
  certificatesPerNames: 'ca',
  failuresPerName: 'account',
  accountsPerAddress: 'ca',
};

/** A limit of a CA: at most so many in any stretch of so many milliseconds. */
export interface Limit {
  most: number;
  window: number;
}

export type Limits = Readonly<Partial<Record<LimitName, Limit>>>;

interface Published {
  origin: string;
  /** Page on which the CA states them. */
  page: string;
  limits: Readonly<Partial<Record<LimitName, Rate>>>;
}

const THREE_HOURS = (3 * HOUR) / SECOND;
const WEEK = (168 * HOUR) / SECOND;
const ONE_HOUR = HOUR / SECOND;

/**
 * Published limits. The CA counts with a bucket that refills evenly; never more than `most` in any stretch of the
 * window stays within that. Let's Encrypt exempts an order that names what it replaces (RFC 9773 §5) from all of them,
 * and one for exactly the names of an earlier certificate from the first two; the latter are counted here among
 * `ordersPerAccount` all the same, so that the desk spreads them.
 */
const PUBLISHED: readonly Published[] = [
  {
    origin: 'https://acme-v02.api.letsencrypt.org',
    page: "Let's Encrypt, Rate Limits: https://letsencrypt.org/docs/rate-limits/",
    limits: {
      ordersPerAccount: { most: 300, seconds: THREE_HOURS },
      certificatesPerDomain: { most: 50, seconds: WEEK },
      certificatesPerNames: { most: 5, seconds: WEEK },
      failuresPerName: { most: 5, seconds: ONE_HOUR },
      accountsPerAddress: { most: 10, seconds: THREE_HOURS },
    },
  },
  {
    origin: 'https://acme-staging-v02.api.letsencrypt.org',
    page: "Let's Encrypt, Staging Environment: https://letsencrypt.org/docs/staging-environment/",
    limits: {
      ordersPerAccount: { most: 1_500, seconds: THREE_HOURS },
      certificatesPerDomain: { most: 30_000, seconds: WEEK },
      certificatesPerNames: { most: 30_000, seconds: WEEK },
      failuresPerName: { most: 200, seconds: ONE_HOUR },
      accountsPerAddress: { most: 50, seconds: THREE_HOURS },
    },
  },
];

/** How much later than its moment a place may be used. */
export const PLACE_HOLDS = MINUTE;

/**
 * What may lie between our note of a use, made before the call, and the CA's: a certificate is counted when its order is
 * finalized. Milliseconds.
 */
const LATER_THERE: Readonly<Record<LimitName, number>> = {
  ordersPerAccount: PLACE_HOLDS,
  certificatesPerDomain: HOUR,
  certificatesPerNames: HOUR,
  failuresPerName: PLACE_HOLDS,
  accountsPerAddress: PLACE_HOLDS,
};

/** The limits that hold at a CA: what it publishes, changed by the configuration; null there means none. */
export function limitsOf(directory: string, overrides: RateOverrides): Limits {
  const published = PUBLISHED.find(({ origin }) => origin === new URL(directory).origin)?.limits ?? {};
  const names = Object.keys(COUNTED_OVER) as LimitName[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const rate = overrides[name] === undefined ? published[name] : overrides[name];
      if (rate === undefined || rate === null) return [];
      return [[name, { most: rate.most, window: rate.seconds * SECOND + LATER_THERE[name] }]];
    }),
  );
}
