import type { CheckoutItem, Checkout } from '../../../src/core/records.ts';
import type { Arguments, Json } from './client.ts';
import { certificate, IDENTITY } from './market-world.ts';

/** What `Market::request_ssl_certificates` may be sent: each parameter, what becomes of it, and which values it cannot have. */

export interface Seen {
  answer: Json;
  checkout: Checkout;
  items: CheckoutItem[];
}

export interface Parameter {
  /** As on the vendor's page; `certificate.price` for a member. */
  name: string;
  /** Values that are right, and what of them can be found again. */
  good: readonly { give: Arguments; found(seen: Seen): readonly [actual: unknown, expected: unknown] }[];
  /** Values that it cannot have, and what is said of them. */
  bad: readonly (readonly [give: Arguments, error: RegExp])[];
  /** What is said where it is missing; null where it may be. */
  missing: RegExp | null;
}

const giving = (changes: Readonly<Record<string, unknown>>): Arguments => ({ certificate: certificate(changes) });
const namesOf = ({ items }: Seen): unknown => items.map(({ names }) => names);
const names = (...list: unknown[]): Arguments => giving({ subject_names: list, price: list.length * 9 });
const term = (validity_period: unknown): Arguments => giving({ validity_period });
const one = (seen: Seen): CheckoutItem => seen.items[0] as CheckoutItem;

const OV = { product_id: 213, price: 30 };
const WILDCARD = { type: 'dNSName', name: '*.shop.test', dcv_method: 'dns' };

const EV_IDENTITY = { ...IDENTITY, business_category: 'b', joi_country_name: 'us' };

const identity = (changes: Readonly<Record<string, unknown>>, of: Readonly<Record<string, unknown>> = IDENTITY) => {
  const product = of === IDENTITY ? OV : { product_id: 209, price: 108 };
  const sent = Object.fromEntries(Object.entries({ ...of, ...changes }).filter(([, value]) => value !== null));
  return { ...giving(product), identity_verification: JSON.stringify(sent) };
};
const identityOf = (seen: Seen): Json => one(seen).extra.identity;
const lacks = (field: string): RegExp => new RegExp(`^The “identity_verification” field “${field}” is missing\\.$`);
const wrong = (field: string): RegExp => new RegExp(`^The “identity_verification” field “${field}” is not valid: `);

export const PARAMETERS: readonly Parameter[] = [
  {
    name: 'access_token',
    good: [],
    bad: [
      [{ access_token: '725431a1-d5bc-11e5-a28b-8b0e09a93f05' }, /^The access token is not valid\./],
      [{ access_token: "' or 1=1" }, /^The access token is not valid\./],
      [{ access_token: 'x'.repeat(5_000) }, /^The access token is not valid\./],
    ],
    missing: /^Provide the ‘access_token’ argument\.$/,
  },
  {
    name: 'provider',
    good: [{ give: { provider: 'cPStore' }, found: ({ items }) => [items.length, 1] }],
    bad: [
      [{ provider: 'chancery' }, /^The system does not have a provider named “chancery”\.$/],
      [{ provider: 'Other' }, /^The system does not have a provider named “Other”\.$/],
    ],
    missing: /^Provide the ‘provider’ argument\.$/,
  },
  {
    name: 'certificate',
    good: [
      {
        give: { certificate: [certificate(), certificate({ subject_names: [['dNSName', 'www.shop.test']] })] },
        found: (seen) => [namesOf(seen), [['shop.test'], ['www.shop.test']]],
      },
    ],
    bad: [
      [{ certificate: '{' }, /^The “certificate” parameter is not valid JSON\.$/],
      [{ certificate: '[]' }, /^The “certificate” parameter must be a JSON object\.$/],
      [{ certificate: 'null' }, /must be a JSON object/],
      [{ certificate: '7' }, /must be a JSON object/],
      [{ certificate: '['.repeat(60_000) }, /is not valid JSON/],
      [{ certificate: JSON.stringify('x'.repeat(70_000)) }, /is too long/],
      [{ certificate: [certificate(), '{'] }, /is not valid JSON/],
      [{ certificate: Array.from({ length: 101 }, () => certificate()) }, /at most 100 certificates/],
      [{ certificate: '{"__proto__":{"product_id":"159"}}' }, /lacks “product_id”/],
    ],
    missing: /^Provide the ‘certificate’ argument\.$/,
  },
  {
    name: 'certificate.product_id',
    good: [
      { give: giving({ product_id: 159 }), found: (seen) => [one(seen).product, 'dv-by-name'] },
      { give: giving({ product_id: '159' }), found: (seen) => [one(seen).product, 'dv-by-name'] },
    ],
    bad: [
      [giving({ product_id: 9 }), /^The product ID “9” is not valid for the provider “Chancery”\.$/],
      [giving({ product_id: '0159' }), /“0159” is not valid/],
      [giving({ product_id: 159.5 }), /“159.5” is not valid/],
      [giving({ product_id: [159] }), /is not valid for the provider/],
      [giving({ product_id: { a: 1 } }), /is not valid for the provider/],
      [giving({ product_id: true }), /is not valid for the provider/],
      [giving({ product_id: null }), /lacks “product_id”/],
    ],
    missing: null,
  },
  {
    name: 'certificate.price',
    good: [
      { give: giving({ price: 9 }), found: (seen) => [one(seen).amount, 900] },
      { give: giving({ price: '9' }), found: (seen) => [one(seen).amount, 900] },
      { give: giving({ price: '9.00' }), found: (seen) => [one(seen).amount, 900] },
      {
        give: giving({ price: 75, subject_names: [WILDCARD, ['dNSName', 'shop.test']] }),
        found: (seen) => [one(seen).amount, 7_500],
      },
      {
        give: giving({ price: 84, subject_names: [['dNSName', 'www.shop.test'], WILDCARD] }),
        found: (seen) => [one(seen).amount, 8_400],
      },
    ],
    bad: [
      [giving({ price: 0 }), /^The price “0” does not match the current price of 9\.00 EUR\.$/],
      [giving({ price: -9 }), /^The “price” is not valid; the current price is 9\.00 EUR\.$/],
      [giving({ price: 8.99 }), /“8.99” does not match/],
      [giving({ price: 9.001 }), /“9.001” does not match/],
      [giving({ price: 1e300 }), /is not valid/],
      [giving({ price: '9e0' }), /is not valid/],
      [giving({ price: ' ' }), /is not valid/],
      [giving({ price: 'NaN' }), /is not valid/],
      [giving({ price: true }), /is not valid/],
      [giving({ price: [9] }), /is not valid/],
      [giving({ price: 18, subject_names: [WILDCARD, ['dNSName', 'shop.test']] }), /current price of 75\.00/],
      [giving({ price: null }), /lacks “price”/],
    ],
    missing: null,
  },
  {
    name: 'certificate.subject_names',
    good: [
      {
        give: names(['dNSName', 'shop.test'], ['dNSName', 'www.shop.test']),
        found: (seen) => [namesOf(seen), [['shop.test', 'www.shop.test']]],
      },
      {
        give: names({ dNSName: 'www.shop.test' }, { dNSName: 'shop.test' }),
        found: (seen) => [namesOf(seen), [['www.shop.test', 'shop.test']]],
      },
      {
        give: names({ type: 'dNSName', name: 'SHOP.test', dcv_method: 'dns' }),
        found: (seen) => [one(seen).extra.subjectNames, [{ name: 'shop.test', dcv: 'dns' }]],
      },
      {
        give: names({ type: 'dNSName', name: 'shop.test' }),
        found: (seen) => [one(seen).extra.subjectNames, [{ name: 'shop.test', dcv: 'http' }]],
      },
    ],
    bad: [
      [names(), /array of at least one name/],
      [giving({ subject_names: 'shop.test' }), /array of at least one name/],
      [giving({ subject_names: null }), /lacks “subject_names”/],
      [names('shop.test'), /^The entry 1 of “subject_names” is not valid\.$/],
      [names(null), /^The entry 1 /],
      [names(['dNSName']), /^The entry 1 /],
      [names(['dNSName', 'shop.test', 'x']), /^The entry 1 /],
      [names(['dNSName', 7]), /^The entry 1 /],
      [names(['iPAddress', '192.0.2.1']), /type “iPAddress” is not supported/],
      [names({ name: 'shop.test' }), /type “” is not supported/],
      [names({ type: 'dNSName', name: 'shop.test', dcv_method: 'email' }), /“email” is not “http” or “dns”/],
      [names(['dNSName', 'shop.test'], ['dNSName', 'Shop.Test']), /“shop.test” appears more than once/],
      [names(['dNSName', '*.shop.test']), /“\*\.shop\.test” requires the “dcv_method” “dns”/],
      [names(['dNSName', 'not a name']), /“not a name” is not valid/],
      [names(['dNSName', 'test']), /“test” is not valid/],
      [names(['dNSName', 'other.test']), /^You do not control the domain “other\.test”\.$/],
      [names(['dNSName', 'sub.shop.test']), /^You do not control the domain “sub\.shop\.test”\.$/],
      [names(...Array.from({ length: 1_001 }, (_, at) => ['dNSName', `a${at}.shop.test`])), /has more than 1000 names/],
      [names(...Array.from({ length: 101 }, (_, at) => ['dNSName', `a${at}.shop.test`])), /at most 100 subject names/],
      [
        { certificate: certificate({ product_id: 209, price: 108, subject_names: [WILDCARD] }) },
        /does not allow wildcard domains/,
      ],
    ],
    missing: null,
  },
  {
    name: 'certificate.validity_period',
    good: [
      { give: term([1, 'year']), found: (seen) => [one(seen).periodMonths, 12] },
      { give: term(['1', 'year']), found: (seen) => [one(seen).periodMonths, 12] },
      { give: term(['1, "year"']), found: (seen) => [one(seen).periodMonths, 12] },
      { give: term([12, 'months']), found: (seen) => [one(seen).periodMonths, 12] },
    ],
    bad: [
      [term([2, 'year']), /^The “validity_period” is not valid: this product is sold for \[1,"year"\]\.$/],
      [term([0, 'year']), /is not valid/],
      [term([-1, 'year']), /is not valid/],
      [term([1, 'day']), /is not valid/],
      [term([1]), /is not valid/],
      [term([]), /is not valid/],
      [term('year'), /is not valid/],
      [term([[1], 'year']), /is not valid/],
      [term([1, 'year', 'x']), /is not valid/],
      [term([true, 'year']), /is not valid/],
      [term(null), /lacks “validity_period”/],
    ],
    missing: null,
  },
  {
    name: 'certificate.vhost_names',
    good: [
      { give: giving({ vhost_names: null }), found: (seen) => [one(seen).extra.vhostNames, []] },
      { give: giving({ vhost_names: [] }), found: (seen) => [(one(seen).extra.installOn as Json).websiteIds, []] },
      {
        give: giving({ vhost_names: ['*'] }),
        found: (seen) => [(one(seen).extra.installOn as Json).websiteIds.length, 1],
      },
      {
        give: giving({ vhost_names: ['shop.test', 'www.shop.test', '*'] }),
        found: (seen) => [(one(seen).extra.installOn as Json).websiteIds.length, 1],
      },
    ],
    bad: [
      [giving({ vhost_names: 'shop.test' }), /must be an array of names/],
      [giving({ vhost_names: [7] }), /must be an array of names/],
      [giving({ vhost_names: [''] }), /must be an array of names/],
      [giving({ vhost_names: ['other.test'] }), /^You do not have a web virtual host named “other\.test”\.$/],
    ],
    missing: null,
  },
  {
    name: 'identity_verification',
    good: [
      { give: identity({}), found: (seen) => [identityOf(seen), { ...IDENTITY, postalCode: '55555' }] },
      {
        give: identity({ duns_number: null, organizationalUnitName: '' }),
        found: (seen) => ['duns_number' in identityOf(seen), false],
      },
      { give: identity({ unknown_field: 'x' }), found: (seen) => ['unknown_field' in identityOf(seen), false] },
      { give: identity({}, EV_IDENTITY), found: (seen) => [identityOf(seen).business_category, 'b'] },
      {
        give: identity({ date_of_incorporation: '1996-01-01 00:00:00+00:00' }, EV_IDENTITY),
        found: (seen) => [identityOf(seen).date_of_incorporation, '1996-01-01 00:00:00+00:00'],
      },
      { give: { ...giving({}), identity_verification: 'null' }, found: (seen) => [identityOf(seen), null] },
      {
        give: giving({ ...OV, identity_verification: IDENTITY }),
        found: (seen) => [identityOf(seen).organizationName, 'Company, Inc.'],
      },
    ],
    bad: [
      [giving(OV), /^Provide the ‘identity_verification’ argument\.$/],
      [{ ...giving(OV), identity_verification: '{' }, /is not valid JSON/],
      [{ ...giving(OV), identity_verification: '[]' }, /must be a JSON object/],
      [{ ...giving(OV), identity_verification: '"x"' }, /must be a JSON object/],
      ...['organizationName', 'streetAddress', 'localityName', 'stateOrProvinceName', 'postalCode', 'countryName'].map(
        (field) => [identity({ [field]: null }), lacks(field)] as const,
      ),
      ...['rep_forename', 'rep_surname', 'rep_email_address'].map(
        (field) => [identity({ [field]: '' }), lacks(field)] as const,
      ),
      [identity({ duns_number: '123' }), wrong('duns_number')],
      [identity({ countryName: 'USA' }), wrong('countryName')],
      [identity({ rep_email_address: 'nobody' }), wrong('rep_email_address')],
      [identity({ rep_telephone: 'call me' }), wrong('rep_telephone')],
      [identity({ organizationName: 'x'.repeat(65) }), wrong('organizationName')],
      [identity({ organizationName: 'a\nb' }), wrong('organizationName')],
      [identity({ localityName: ['x'] }), wrong('localityName')],
      [identity({ localityName: { a: 1 } }), wrong('localityName')],
      [identity({ postalCode: true }), wrong('postalCode')],
      [identity({ business_category: 'x' }, EV_IDENTITY), wrong('business_category')],
      [identity({ business_category: null }, EV_IDENTITY), lacks('business_category')],
      [identity({ joi_country_name: null }, EV_IDENTITY), lacks('joi_country_name')],
      [identity({ date_of_incorporation: '1996-02-30' }, EV_IDENTITY), wrong('date_of_incorporation')],
    ],
    missing: null,
  },
  {
    name: 'url_after_checkout',
    good: [
      {
        give: { url_after_checkout: 'http://checkout.example.com' },
        found: ({ checkout }) => [checkout.returnUrl, 'http://checkout.example.com'],
      },
      {
        give: { url_after_checkout: 'https://[::1]:8443/a/b' },
        found: ({ checkout }) => [checkout.returnUrl, 'https://[::1]:8443/a/b'],
      },
    ],
    bad: [
      [{ url_after_checkout: 'https://panel.test/?a=1' }, /must not hold a query string/],
      [{ url_after_checkout: 'https://panel.test/?' }, /must not hold a query string/],
      [{ url_after_checkout: 'https://panel.test/#x' }, /must not hold a fragment/],
      [{ url_after_checkout: 'javascript:alert(1)' }, /must be an http or https address/],
      [{ url_after_checkout: '//evil.test/' }, /must be an http or https address/],
      [{ url_after_checkout: '/done' }, /must be an http or https address/],
      [{ url_after_checkout: 'data:text/html,x' }, /must be an http or https address/],
      [{ url_after_checkout: 'https://user:pass@panel.test/' }, /must not hold a user name/],
      [{ url_after_checkout: 'https://panel.test\\@evil.test/' }, /characters that no address has/],
      [{ url_after_checkout: 'https://panel.test/\r\nset-cookie: a=b' }, /characters that no address has/],
      [{ url_after_checkout: 'https://pänel.test/' }, /characters that no address has/],
      [{ url_after_checkout: 'https:///' }, /must be an http or https address/],
      [{ url_after_checkout: `https://panel.test/${'a'.repeat(2_000)}` }, /more than 2000 characters/],
    ],
    missing: null,
  },
];
