import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeskError, invalidValue, notFound } from '../../../src/core/errors.ts';
import { Rules } from '../../../src/core/rules.ts';
import { addMonths, DAY, SECOND } from '../../../src/core/time.ts';
import { createCallLimit } from '../../../src/dialects/digicert/call-limit.ts';
import { renderError, VENDOR_ERRORS } from '../../../src/dialects/digicert/errors.ts';
import { readListQuery } from '../../../src/dialects/digicert/list-query.ts';
import { openApi } from '../../../src/dialects/digicert/openapi.ts';
import { orderBody } from '../../../src/dialects/digicert/order-body.ts';
import { csrText } from '../../../src/dialects/digicert/pem.ts';
import { digicert } from '../../../src/dialects/digicert/plugin.ts';
import { parseJson } from '../../../src/http/json-body.ts';
import { readBody } from '../../../src/dialects/digicert/read-body.ts';
import { endOfDay, formatDate, formatTimestamp, spanOf } from '../../../src/dialects/digicert/times.ts';
import { readCertValidity, readTerm } from '../../../src/dialects/digicert/validity.ts';
import { ENDPOINTS } from '../../../src/dialects/digicert/endpoints.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

test('dates are read in three forms, and to the end of the day', () => {
  const end = Date.parse('2026-12-21T23:59:59Z');
  for (const text of [
    '21 DEC 2026',
    '21 Dec 2026',
    '21-Dec-2026',
    '21 December 2026',
    '2026-12-21',
    '2026-12-21T00:00:00',
  ]) {
    assert.equal(endOfDay(text), end, text);
  }
  for (const text of [
    '',
    '31 FEB 2026',
    '2026-02-30',
    '21/12/2026',
    '21 XXX 2026',
    '20261221',
    'tomorrow',
    '2026-13-01',
  ]) {
    assert.equal(endOfDay(text), null, text);
  }
});

test('what is written as a moment or a day is read as the same', () => {
  const instants = fc.integer({ min: 0, max: Date.parse('2099-12-31T23:59:59Z') / 1_000 });
  fc.assert(
    fc.property(instants, (seconds) => {
      const at = seconds * SECOND;
      assert.deepEqual(spanOf(formatTimestamp(at)), { from: at, to: at + SECOND - 1 });
      const day = spanOf(formatDate(at));
      assert.ok(day !== null && day.from <= at && at <= day.to && day.to - day.from === DAY - 1);
    }),
  );
  assert.equal(spanOf('2026-11-22T25:00:00'), null);
  assert.deepEqual(spanOf('2026-11-22+12:00:00'), { from: NOW, to: NOW + SECOND - 1 });
  assert.deepEqual(spanOf('2026-11-22T14:00:00+02:00'), { from: NOW, to: NOW + SECOND - 1 });
});

test('a term never exceeds three years, and is paid by started years', () => {
  const asked = fc.record({
    years: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
    days: fc.option(fc.integer({ min: 1, max: 4_000 }), { nil: undefined }),
    date: fc.option(fc.integer({ min: -400, max: 4_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(asked, ({ years, days, date }) => {
      const custom = date === undefined ? undefined : formatDate(NOW + date * DAY);
      const body = { validity_years: years, validity_days: days, custom_expiration_date: custom };
      let term;
      try {
        term = readTerm({ ...body, order_validity: undefined }, true, NOW);
      } catch {
        return;
      }
      assert.ok([12, 24, 36].includes(term.periodMonths));
      const end = term.endsAt ?? addMonths(NOW, term.periodMonths);
      assert.ok(end > NOW && end < addMonths(NOW, 36) + DAY);
      assert.ok(end < addMonths(NOW, term.periodMonths) + DAY, 'all of it is paid');
      assert.equal(Object.keys(term.members).length, 1);
    }),
  );
});

test('a certificate keeps to the rules of the day on which it is ordered', () => {
  const rules = new Rules('public');
  const at = (now: number, days: number): unknown => {
    const world = { now, rules, orderEndsAt: addMonths(now, 36), multiYear: true };
    return readCertValidity({ days }, world).validity;
  };
  assert.deepEqual(at(NOW, 200), { days: 200 });
  assert.throws(() => at(NOW, 201), /at most 200/);
  const later = Date.parse('2027-03-15T00:00:00Z');
  assert.deepEqual(at(later, 100), { days: 100 });
  assert.throws(() => at(later, 101), /at most 100/);
  assert.throws(() => at(Date.parse('2029-03-15T00:00:00Z'), 48), /at most 47/);
});

test('windows of calls roll', () => {
  let now = 0;
  const take = createCallLimit({ now: () => now }, [
    { calls: 2, span: 10 },
    { calls: 3, span: 100 },
  ]);
  const at = (moment: number, key = 'a'): boolean => {
    now = moment;
    return take(key);
  };
  assert.deepEqual([at(0), at(5), at(9), at(9, 'b')], [true, true, false, true]);
  assert.deepEqual([at(10), at(50), at(99), at(100), at(104), at(105)], [true, false, false, true, false, true]);
});

test('however calls come, no window ever holds more than it may', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 200 });
  fc.assert(
    fc.property(gaps, (all) => {
      let now = 0;
      const windows = [
        { calls: 3, span: 10 },
        { calls: 7, span: 60 },
      ];
      const take = createCallLimit({ now: () => now }, windows);
      const granted: number[] = [];
      for (const gap of all) {
        now += gap;
        const full = windows.some(({ calls, span }) => granted.filter((at) => at > now - span).length >= calls);
        assert.equal(take('key'), !full);
        if (!full) granted.push(now);
      }
    }),
  );
});

test('every kind of error has the vendor’s shape, and what is unknown tells nothing', () => {
  for (const kind of Object.keys(VENDOR_ERRORS) as (keyof typeof VENDOR_ERRORS)[]) {
    const { status, body } = renderError(new DeskError(kind, 'Something', { field: 'thing' }));
    assert.ok(status >= 400 && status < 600);
    assert.equal(body.errors.length, 1);
  }
  assert.deepEqual(renderError(new Error('secret')).body.errors[0], {
    code: 'general_error',
    message: 'An error occurred while processing your request.',
  });
  assert.equal(renderError(notFound('Order 7')).body.errors[0]?.code, 'not_found|order');
  assert.equal(renderError(notFound('Strange thing')).body.errors[0]?.code, 'not_found');
  const { code, message } = renderError(invalidValue('names[1]', 'reserved', 'x')).body.errors[0] ?? {};
  assert.equal(code, 'invalid_value:certificate.dns_names[1]');
  assert.equal(message, 'certificate.dns_names[1] contains an invalid value. reserved.');
});

test('no body, however it is made, is anything but read or refused in the vendor’s words', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 12 }), (text) => {
      try {
        readBody(orderBody, parseJson(text, 'not JSON'));
      } catch (error) {
        assert.ok(error instanceof DeskError, String(error));
      }
    }),
  );
  const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
  assert.throws(() => readBody(orderBody, parseJson(deep, 'not JSON')), DeskError);
  assert.throws(() => readBody(orderBody, { comments: 'a\u0000b' }), DeskError);
  assert.throws(() => readBody(orderBody, { comments: '\ud800' }), DeskError);
});

test('a list query is read whatever stands in it', () => {
  assert.deepEqual(readListQuery({ 'filters[a]': '>=5', sort: '-x, y', limit: '5000', offset: '3' }), {
    limit: 1_000,
    offset: 3,
    sort: [
      { property: 'x', descending: true },
      { property: 'y', descending: false },
    ],
    conditions: [{ parameter: 'filters[a]', property: 'a', op: 'gte', values: ['5'] }],
  });
  assert.deepEqual(
    readListQuery({ 'filters[a]': '1...2', 'filters[b][]': ['x', 'y'], 'filters[c]': '' }).conditions.map(
      ({ property, op, values }) => [property, op, values],
    ),
    [
      ['a', 'gte', ['1']],
      ['a', 'lte', ['2']],
      ['b', 'eq', ['x', 'y']],
    ],
  );
});

test('a bare CSR may use either alphabet and any padding', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(bytes, (octets) => {
      const buffer = Buffer.from(octets);
      assert.equal(csrText(buffer.toString('base64url')), buffer.toString('base64'));
      assert.equal(csrText(buffer.toString('base64')), buffer.toString('base64'));
    }),
  );
});

test('the OpenAPI document holds every endpoint and every parameter of an order', () => {
  const document = digicert.openApi() as { paths: Record<string, Record<string, unknown>> };
  assert.deepEqual(openApi(), document);
  for (const { method, path } of ENDPOINTS) {
    const url = `/services/v2${path.replaceAll(/:(\w+)/g, '{$1}')}`;
    assert.ok(document.paths[url]?.[method.toLowerCase()], `${method} ${url}`);
  }
  const order = JSON.stringify(document.paths['/services/v2/order/certificate/{product}']);
  for (const member of Object.keys(orderBody.shape)) assert.ok(order.includes(`"${member}"`), member);
});

test('keys look like the vendor’s and hold 256 random bits', () => {
  const key = digicert.newSecret('acme', { bytes: (length) => new Uint8Array(length).map((_, index) => index * 37) });
  assert.match(key, /^[A-Z2-7]{64}$/);
  const ready = { organizationId: 7, domain: 'ready.test' };
  assert.deepEqual(digicert.describeCredentials('acme', key, ready), {
    apiKey: key,
    organizationId: 7,
    readyDomain: 'ready.test',
  });
  assert.deepEqual(digicert.describeCredentials('acme', key), { apiKey: key });
});
