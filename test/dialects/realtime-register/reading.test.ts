import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import { createWebhookSide, signWebhook } from '../../../src/dialects/realtime-register/plugin.ts';
import * as answers from '../../../src/dialects/realtime-register/answers.ts';
import { DAY } from '../../../src/core/time.ts';
import { newCsr } from '../../support/desk.ts';
import { openssl, opensslResult, withFiles } from '../../support/openssl.ts';
import { forEachStore } from '../../support/stores.ts';
import { issue, newDomain, openClient, orderFor, publish, type Client, type Json } from './client.ts';

/** Three certificates a day apart: DV, multi-domain DV, and one that replaced the first; and an imported one. */
async function stocked(client: Client) {
  const domains = [newDomain(), newDomain()] as const;
  const first = await issue(client, orderFor(domains[0]));
  client.desk.clock.forward(DAY);
  const multi = await issue(
    client,
    orderFor(domains[1], { product: 'ssl_chancery_dv_multi', san: [`a.${domains[1]}`], period: 24 }),
  );
  client.desk.clock.forward(DAY);
  const reissue = await client.post(`/v2/ssl/certificates/${first.certificateId}/reissue`, { csr: newCsr(domains[0]) });
  assert.equal(reissue.status, 201, reissue.text);
  const pem = openssl(
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 30 -subj /O=Elsewhere/CN=*.old.example.org'.split(
      ' ',
    ),
  );
  const imported = await client.post('/v2/ssl/import', { customer: 'acme', certificate: pem, coc: '123' });
  assert.equal(imported.status, 201, imported.text);
  answers.imported.parse(imported.json);
  return {
    domains,
    first: first.certificateId,
    multi: multi.certificateId,
    reissue: reissue.json.certificateId,
    imported: imported.json.id,
  };
}

forEachStore((open) => {
  test('the list of certificates: every filter, matcher, order, field and total', async (t) => {
    const client = await openClient(await open());
    const { domains, first, multi, reissue, imported } = await stocked(client);
    const all = (await client.get('/v2/ssl/certificates')).json;
    answers.page(answers.certificate).parse(all);
    for (const entity of all.entities) answers.certificate.parse(entity);
    assert.deepEqual(all.pagination, { total: 4, offset: 0, limit: 10 });
    const one = all.entities[1];
    const cases: [string, number[]][] = [
      [`id=${multi}`, [multi]],
      [`id:in=${first},${multi}`, [first, multi]],
      [`id:not_in=${first},${multi}`, [reissue, imported]],
      [`id:gt=${first}&id:lt=${reissue}`, [multi]],
      [`process=${one.process}`, [multi]],
      [`domainName:like=${domains[0]}`, [first, reissue]],
      [`domainName:like=${domains[0].toUpperCase().slice(0, 4)}%25`, [first, multi, reissue]],
      [`domainName:not_like=%25${domains[0].slice(2)}`, [multi, imported]],
      ['validationType=DOMAIN_VALIDATION', [first, multi, reissue]],
      ['validationType=ORGANIZATION_VALIDATION', [imported]],
      ['validationType:ne=EXTENDED_VALIDATION', [first, multi, reissue, imported]],
      ['validationType:in=ORGANIZATION_VALIDATION,EXTENDED_VALIDATION', [imported]],
      ['certificateType=SINGLE_DOMAIN', [first, reissue]],
      ['certificateType=WILDCARD', [imported]],
      ['certificateType:ne=ACME_SUBSCRIPTION', [first, multi, reissue, imported]],
      ['certificateType=ACME_SUBSCRIPTION', []],
      ['product=ssl_chancery_dv', [first, reissue]],
      ['product:ne=ssl_chancery_dv', [multi, imported]],
      ['product:like=%25multi', [multi]],
      ['organization=Elsewhere', [imported]],
      ['organization:null=', [first, multi, reissue]],
      ['organization:not_null=', [imported]],
      ['department:null=', [first, multi, reissue, imported]],
      [`providerId=${one.providerId}`, [multi]],
      ['postalCode:null=', [first, multi, reissue, imported]],
      ['addressLine:not_null=', []],
      ['city:null=', [first, multi, reissue, imported]],
      ['state:null=', [first, multi, reissue, imported]],
      ['country=NL', []],
      [`expiryDate:lt=2026-12-31`, [imported]],
      ['subscriptionEndDate:not_null=', [first, multi, reissue]],
      ['contact:null=', [first, multi, reissue, imported]],
      ['contact=x', []],
      ['coc=123', [imported]],
      [`san=a.${domains[1]}`, [multi]],
      ['status=ACTIVE', [multi, reissue, imported]],
      ['status:ne=ACTIVE', [first]],
      ['status:in=ACTIVE,REISSUED&status:ne=ACTIVE', [first]],
      ['status=NONSENSE', []],
      ['publicKeyAlgorithm=ECDSA', [first, multi, reissue, imported]],
      ['publicKeySize=256', [first, multi, reissue, imported]],
      ['publicKeySize:gt=256', []],
      [`fingerprint=${one.fingerprint}`, [multi]],
      [`q=${domains[1]}`, [multi]],
      ['q=nowhere', []],
      ['order=-id', [imported, reissue, multi, first]],
      ['order=product&order=-id', [multi, reissue, first, imported]],
      ['limit=2&offset=1', [multi, reissue]],
      ['limit=0', []],
    ];
    for (const [query, expected] of cases) {
      await t.test(query, async () => {
        const reply = await client.get(`/v2/ssl/certificates/?${query.replaceAll(':', '%3A')}`);
        assert.equal(reply.status, 200, reply.text);
        assert.deepEqual(
          reply.json.entities.map(({ id }: Json) => id),
          expected,
        );
      });
    }
    await t.test('dates', async () => {
      const at = Date.parse(one.startDate);
      const iso = (shift: number) => encodeURIComponent(new Date(at + shift).toISOString());
      const between = await client.get(`/v2/ssl/certificates?startDate:gt=${iso(-60_000)}&startDate:lt=${iso(60_000)}`);
      assert.deepEqual(
        between.json.entities.map(({ id }: Json) => id),
        [multi],
      );
    });
    await t.test('every field can be sorted by, but what has no order', async () => {
      for (const field of 'id process domainName validationType certificateType product organization department providerId postalCode addressLine city state country startDate expiryDate subscriptionEndDate coc status publicKeyAlgorithm publicKeySize fingerprint'.split(
        ' ',
      )) {
        for (const sign of ['', '-']) {
          const reply = await client.get(`/v2/ssl/certificates?order=${sign}${field}`);
          assert.equal(reply.json.entities?.length, 4, reply.text);
        }
      }
      const refused = await client.get('/v2/ssl/certificates?order=san');
      assert.equal(refused.json.violations[0].field, 'order');
    });
    await t.test('fields, totals and counting', async () => {
      for (const query of ['fields=status,domainName', 'fields=status&fields=domainName']) {
        const reply = await client.get(`/v2/ssl/certificates?${query}&total=false`);
        assert.deepEqual(Object.keys(reply.json.entities[0]).sort(), ['domainName', 'id', 'status']);
        assert.deepEqual(reply.json.pagination, { offset: 0, limit: 10 });
      }
      assert.deepEqual((await client.get('/v2/ssl/certificates?limit=0')).json, {
        entities: [],
        pagination: { total: 4, offset: 0, limit: 0 },
      });
      const got = await client.get(`/v2/ssl/certificates/${first}?fields=status`);
      assert.deepEqual(got.json, { id: first, status: 'REISSUED' });
      const withCsr = await client.get('/v2/ssl/certificates?fields=csr&limit=1');
      assert.match(withCsr.json.entities[0].csr, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
    });
    await t.test('export holds every match, by default what identifies it', async () => {
      const whole = await client.get('/v2/ssl/certificates?export=true&product=ssl_chancery_dv');
      assert.deepEqual(whole.json, {
        entities: [{ id: first }, { id: reissue }],
        pagination: { total: 2, offset: 0, limit: 2 },
      });
      const sorted = await client.get('/v2/ssl/certificates?export=true&order=-id&fields=status&total=false');
      assert.deepEqual(sorted.json.entities[0], { id: imported, status: 'ACTIVE' });
      assert.deepEqual(sorted.json.pagination, { offset: 0, limit: 4 });
      assert.equal((await client.get('/v2/ssl/certificates?export=true&limit=5')).json.violations[0].field, 'limit');
    });
    await t.test('older paths', async () => {
      const list = await client.get('/v2/customers/acme/certificates?limit=1');
      assert.deepEqual(list.json.entities[0], all.entities[0]);
      assert.deepEqual((await client.get(`/v2/customers/acme/certificates/${multi}/`)).json, one);
      assert.equal((await client.get(`/v2/customers/other/certificates/${multi}`)).json.type, 'ObjectDoesNotExist');
    });
    await t.test('what makes no sense is refused by name', async () => {
      const refused: [string, string, string][] = [
        ['foo=1', 'UnrecognizedPropertyException', 'foo'],
        ['id:foo=1', 'UnrecognizedPropertyException', 'id:foo'],
        ['__proto__=1', 'UnrecognizedPropertyException', '__proto__'],
        ['constructor:eq=1', 'UnrecognizedPropertyException', 'constructor:eq'],
        ['order=foo', 'UnrecognizedPropertyException', 'foo'],
        ['id=abc', 'ConstraintViolationException', 'id'],
        ['id=99999999999999999', 'ConstraintViolationException', 'id'],
        ['id:like=1', 'ConstraintViolationException', 'id:like'],
        ['startDate=yesterday', 'ConstraintViolationException', 'startDate'],
        ['limit=-1', 'ConstraintViolationException', 'limit'],
        ['limit=1001', 'ConstraintViolationException', 'limit'],
        ['limit=1e3', 'ConstraintViolationException', 'limit'],
        ['offset=-1', 'ConstraintViolationException', 'offset'],
        ['total=maybe', 'ConstraintViolationException', 'total'],
        [`q=${'x'.repeat(256)}`, 'ConstraintViolationException', 'q'],
        ['domainName=%00', 'ConstraintViolationException', 'domainName'],
      ];
      for (const [query, type, field] of refused) {
        const { json, text } = await client.get(`/v2/ssl/certificates?${query}`);
        assert.equal(json.type, type, `${query}: ${text}`);
        assert.equal(json.property ?? json.violations[0].field, field, query);
      }
      const many = Array.from({ length: 60 }, () => 'id=1').join('&');
      assert.equal((await client.get(`/v2/ssl/certificates?${many}`)).json.type, 'InvalidMessage');
    });
  });

  test('the six downloads, as clients take them apart', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const order = orderFor(`*.${domain}`, { product: 'ssl_chancery_dv_wildcard' });
    const { certificateId } = await issue(client, order);
    const download = async (format: string) => {
      const reply = await client.get(`/v2/ssl/certificates/${certificateId}/download${format}`);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers['content-type'], 'application/octet-stream');
      assert.match(reply.text, /^[A-Za-z0-9+/]+=*$/);
      return Buffer.from(reply.text, 'base64');
    };
    const leaf = (await download('?format=CRT')).toString();
    const bundle = (await download('?format=CA_BUNDLE')).toString();
    const ca = (await download('?format=CA')).toString();
    assert.equal((await download('?format=csr')).toString().trim(), String(order['csr']).trim());
    assert.equal(bundle.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.ok(bundle.startsWith(ca));
    await withFiles({ leaf, bundle }, (file) => {
      const at = String(Math.floor(client.desk.clock.now() / 1000) + 3600);
      const { ok, text } = opensslResult(['verify', '-attime', at, '-CAfile', file('bundle'), file('leaf')]);
      assert.ok(ok, text);
    });
    const pkcs7 = (await download('?format=PKCS7')).toString();
    assert.equal(openssl(['pkcs7', '-print_certs'], pkcs7).match(/BEGIN CERTIFICATE/g)?.length, 3);
    for (const format of ['', '?format=ZIP']) {
      const files = unzipSync(await download(format));
      const name = `STAR_${domain.replaceAll('.', '_')}`;
      assert.deepEqual(Object.keys(files), [
        `Linux/${name}.ca-bundle`,
        `Linux/${name}.crt`,
        `Linux/${name}.csr`,
        `Windows/${name}.p7b`,
      ]);
      assert.equal(Buffer.from(files[`Linux/${name}.ca-bundle`]!).toString(), bundle);
      assert.equal(Buffer.from(files[`Linux/${name}.crt`]!).toString(), leaf);
    }
    const wrong = await client.get(`/v2/ssl/certificates/${certificateId}/download?format=PEM`);
    assert.equal(wrong.json.violations[0].field, 'format');
  });

  test('an imported certificate has no chain here, and its name leads nowhere in an archive', async () => {
    const client = await openClient(await open());
    const command =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 30 -subj'.split(' ');
    const certificate = openssl([...command, '/CN=..\\/..\\/etc\\/x']);
    const { json } = await client.post('/v2/ssl/import/', { customer: 'acme', certificate });
    const zip = await client.get(`/v2/ssl/certificates/${json.id}/download`);
    for (const name of Object.keys(unzipSync(Buffer.from(zip.text, 'base64')))) {
      assert.match(name, /^(Linux|Windows)\/[A-Za-z0-9_-]+\.[a-z0-9-]+$/);
    }
    for (const format of ['CA', 'CA_BUNDLE', 'CSR']) {
      assert.equal(
        (await client.get(`/v2/ssl/certificates/${json.id}/download?format=${format}`)).json.type,
        'ObjectDoesNotExist',
      );
    }
    const again = await client.post('/v2/ssl/import', { customer: 'acme', certificate });
    assert.equal(again.json.type, 'ObjectExists');
    const otherKey = await client.post('/v2/ssl/import', {
      customer: 'acme',
      certificate,
      csr: newCsr('x.example.com'),
    });
    assert.equal(otherKey.json.violations[0].field, 'csr');
    const nonsense = await client.post('/v2/ssl/import', { customer: 'acme', certificate: 'nonsense' });
    assert.equal(nonsense.json.type, 'ConstraintViolationException');
    assert.equal(
      (await client.post('/v2/ssl/import', { customer: 'acme', certificate, coc: 'x'.repeat(31) })).json.violations[0]
        .field,
      'coc',
    );
  });

  test('products, prices, credit and what was paid', async () => {
    const client = await openClient(await open());
    const list = (await client.get('/v2/ssl/products/?limit=1000')).json;
    for (const product of list.entities) answers.product.parse(product);
    assert.equal(list.pagination.total, 8);
    const page = await client.get(
      '/v2/ssl/products?limit=3&offset=3&certificateType:ne=ACME_SUBSCRIPTION&order=-product',
    );
    assert.equal(page.json.entities.length, 3);
    assert.equal(page.json.pagination.total, 8);
    const filtered: [string, number][] = [
      ['certificateType=WILDCARD', 2],
      ['features=REISSUE', 8],
      ['features:ne=WILDCARD', 6],
      ['periods=36', 6],
      ['maxDomains:gt=1', 3],
      ['warranty=0', 8],
      ['brand=Chancery', 8],
      ['q=wildcard', 4],
      ['product:like=%25_ov%25', 3],
      ['name:in=DV single domain,OV wildcard', 2],
    ];
    for (const [query, count] of filtered) {
      assert.equal((await client.get(`/v2/ssl/products?${query}`)).json.pagination?.total, count, query);
    }
    assert.equal((await client.get('/v2/ssl/products?foo=1')).json.property, 'foo');
    const exported = await client.get('/v2/ssl/products?export=true');
    assert.equal(exported.json.entities.length, 8);
    assert.deepEqual(Object.keys(exported.json.entities[0]), ['product']);
    assert.deepEqual((await client.get('/v2/ssl/products/ssl_chancery_dv?fields=periods')).json, {
      product: 'ssl_chancery_dv',
      periods: [12, 24, 36],
    });
    assert.equal((await client.get('/v2/ssl/products/ssl_nothing')).json.type, 'ObjectDoesNotExist');

    const prices = (await client.get('/v2/customers/acme/pricelist?currency=USD')).json;
    answers.priceList.parse(prices);
    assert.ok(prices.prices.length > 0 && prices.prices.every(({ currency }: Json) => currency === 'USD'));
    assert.equal((await client.get('/v2/customers/acme/pricelist?currency=XXX')).json.violations[0].field, 'currency');

    const { certificateId } = await issue(client, orderFor(newDomain()));
    const credit = (await client.get('/v2/customers/acme/credit')).json;
    answers.credit.parse(credit);
    const transactions = (await client.get('/v2/billing/financialtransactions/')).json;
    answers.page(answers.transaction).parse(transactions);
    const [paid] = transactions.entities;
    answers.transaction.parse(paid);
    assert.equal(credit.accounts[0].balance, 10_000_000 - paid.amount);
    const certificate = (await client.get(`/v2/ssl/certificates/${certificateId}`)).json;
    assert.equal(paid.processId, certificate.process);
    assert.deepEqual((await client.get(`/v2/billing/financialtransactions/${paid.id}`)).json, paid);
    for (const query of [
      `processId=${paid.processId}`,
      `amount=${paid.amount}`,
      'currency=EUR',
      'processType=certificate',
      'date:gt=2020-01-01',
    ]) {
      assert.equal((await client.get(`/v2/billing/financialtransactions?${query}`)).json.pagination.total, 1, query);
    }
    const process = (await client.get(`/v2/processes/${paid.processId}`)).json;
    assert.deepEqual(process.transaction, { EUR: paid.amount });
  });

  test('processes: filters, states, cancelling, notes, calls and agreements', async (t) => {
    const client = await openClient(await open());
    const done = await issue(client, orderFor(newDomain()));
    const waitingDomain = newDomain();
    const order = await client.post('/v2/ssl/certificates', orderFor(waitingDomain));
    const waiting = Number(order.headers['x-process-id']);
    const multi = orderFor(newDomain(), {
      product: 'ssl_chancery_dv_multi',
      san: [newDomain(), newDomain(), newDomain()],
    });
    const extra = Number((await client.post('/v2/ssl/certificates', multi)).headers['x-process-id']);
    const page = (await client.get('/v2/processes?limit=1')).json;
    answers.page(answers.process).parse(page);
    assert.equal(page.pagination.total, 3);
    const cases: [string, number[]][] = [
      ['status=SUSPENDED', [waiting, extra]],
      ['status=COMPLETED', [done.processId]],
      ['status:ne=COMPLETED', [waiting, extra]],
      ['type:eq=certificate', [done.processId, waiting, extra]],
      ['type=domain', []],
      [`identifier=${waitingDomain}`, [waiting]],
      ['action=request', [done.processId, waiting, extra]],
      ['action=renew', []],
      ['billableAction=REQUEST', [done.processId, waiting, extra]],
      ['billableAction=EXTRA_DOMAIN', [extra]],
      ['billableProduct=ssl_chancery_dv', [done.processId, waiting]],
      ['billableQuantity:gt=5', []],
      ['billableProvider=Chancery', [done.processId, waiting, extra]],
      ['detailStatus=SSL_REQUIRES_ATTENTION', []],
      ['user=acme/ada', [done.processId, waiting, extra]],
      ['createdDate:gt=2020-01-01T00:00:00.000Z', [done.processId, waiting, extra]],
      ['order=-createdDate&order=-id', [extra, waiting, done.processId]],
      ['export=true', [done.processId, waiting, extra]],
    ];
    for (const [query, ids] of cases) {
      await t.test(query, async () => {
        const reply = await client.get(`/v2/processes/?${query}`);
        assert.deepEqual(
          reply.json.entities?.map(({ id }: Json) => id),
          ids,
          reply.text,
        );
      });
    }
    const path = `/v2/processes/${waiting}`;
    const process = (await client.get(path)).json;
    answers.process.parse(process);
    assert.deepEqual(process.resumeTypes, ['PROVIDER', 'TIMER', 'RESEND', 'CANCEL']);
    assert.equal(process.user, 'acme/ada');
    const [validation] = await client.desk.store.find('validations', { requestId: waiting });
    await client.desk.store.transact((unit) => unit.update('validations', validation!.id, { state: 'attention' }));
    assert.deepEqual(
      (await client.get('/v2/processes?detailStatus=SSL_REQUIRES_ATTENTION')).json.entities.map(({ id }: Json) => id),
      [waiting],
    );
    assert.equal((await client.get(`${path}/info`)).json.requiresAttention, true);

    const note = await client.post(`${path}/add-note`, { message: 'Please\nhurry' });
    assert.deepEqual([note.status, note.text], [200, '']);
    const info = (await client.get(`${path}/info`)).json;
    answers.infoProcess.parse(info);
    assert.deepEqual(
      info.notes.map(({ type, message }: Json) => [type, message]),
      [['INCOMING', 'Please\nhurry']],
    );
    assert.equal(
      (await client.post(`${path}/add-note`, { message: 'a\u001b[31mb' })).json.violations[0].field,
      'message',
    );
    assert.equal(
      (await client.post(`${path}/add-note`, { message: 'x'.repeat(4001) })).json.violations[0].field,
      'message',
    );
    assert.equal(
      (await client.post(`${path}/schedule-validation-call`, { date: '2030-01-01T10:00:00.000Z' })).json.type,
      'ObjectStatusProhibitsOperation',
    );
    assert.equal(
      (await client.post(`${path}/send-subscriber-agreement`, { email: 'ada@example.com' })).json.type,
      'ObjectStatusProhibitsOperation',
    );
    const cancelled = await client.delete(path);
    assert.deepEqual([cancelled.status, cancelled.text], [200, '']);
    const after = (await client.get(path)).json;
    assert.equal(after.status, 'CANCELLED');
    assert.equal(after.resumeTypes, undefined);
    assert.equal((await client.delete(path, {})).json.type, 'ObjectStatusProhibitsOperation');
    answers.infoProcess.parse((await client.get(`${path}/info`)).json);
  });

  test('EV: a call at a time in either form, and the agreement by mail', async () => {
    const client = await openClient(await open());
    const approver = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com', voice: '+31.201234567' };
    const fields = {
      organization: 'Acme',
      address: 'Street 1',
      postalCode: '1234',
      city: 'Zwolle',
      country: 'NL',
      coc: '1',
      approver,
    };
    const order = await client.post(
      '/v2/ssl/certificates',
      orderFor(newDomain(), { product: 'ssl_chancery_ev', ...fields }),
    );
    assert.equal(order.status, 202, order.text);
    assert.equal(order.json.validations.agreement, 'WAITING');
    const path = `/v2/processes/${order.headers['x-process-id']}`;
    const php = { date: { date: '2027-01-02 10:00:00.000000', timezone_type: 2, timezone: 'Z' } };
    for (const body of [{ date: '2027-01-02T10:00:00.000Z' }, php]) {
      const reply = await client.post(`${path}/schedule-validation-call`, body);
      assert.deepEqual([reply.status, reply.text], [200, '']);
    }
    const { notes } = (await client.get(`${path}/info`)).json;
    assert.deepEqual(
      notes.map(({ message }: Json) => message),
      Array(2).fill('Validation call wanted at 2027-01-02T10:00:00Z'),
    );
    const refused: [unknown, string][] = [
      [{ date: '2020-01-01T00:00:00Z' }, 'date'],
      [{ date: 'tomorrow' }, 'date'],
      [{}, 'date'],
    ];
    for (const [body, field] of refused) {
      assert.equal((await client.post(`${path}/schedule-validation-call`, body)).json.violations[0].field, field);
    }
    assert.equal((await client.post(`${path}/schedule-validation-call`, { date: 12 })).json.property, 'date');
    const sent = await client.post(`${path}/send-subscriber-agreement`, { email: 'boss@example.com', language: 'nl' });
    assert.deepEqual([sent.status, sent.text], [200, '']);
    const jobs = await client.desk.store.find('jobs', { kind: 'send-confirmation' });
    assert.ok(jobs.some(({ payload }) => payload['address'] === 'boss@example.com' && payload['language'] === 'nl'));
    const injected = await client.post(`${path}/send-subscriber-agreement`, {
      email: 'boss@example.com\r\nBcc: x@example.com',
    });
    assert.equal(injected.json.violations[0].field, 'email');
  });

  test('notifications are listed, read, polled and acknowledged', async () => {
    const client = await openClient(await open());
    const base = '/v2/customers/acme/notifications';
    assert.deepEqual((await client.get(`${base}/poll`)).json, { count: 0 });
    const domain = newDomain();
    const { certificateId, processId } = await issue(client, orderFor(domain));
    const polled = (await client.get(`${base}/poll`)).json;
    answers.poll.parse(polled);
    const { notification } = polled;
    assert.equal(notification.eventType, 'RequestCertificateEvent');
    assert.equal(notification.notificationType, 'SSLCertificateNotification');
    assert.deepEqual(
      [notification.certificateId, notification.process, notification.processIdentifier],
      [certificateId, processId, domain],
    );
    assert.deepEqual((await client.get(`${base}/poll`)).json, polled);
    const list = (await client.get(`${base}/?acknowledgeDate:null=`)).json;
    answers.page(answers.notification).parse(list);
    assert.equal(list.pagination.total, polled.count);
    const got = (await client.get(`${base}/${notification.id}`)).json;
    answers.notification.parse(got);
    assert.ok(got.readDate);
    assert.equal((await client.get(`${base}?readDate:not_null=`)).json.pagination.total, 1);
    for (const body of [undefined, {}]) {
      const ack = await client.post(`${base}/${notification.id}/ack/`, body);
      assert.deepEqual([ack.status, ack.text], [200, '']);
    }
    assert.equal((await client.get(`${base}/poll`)).json.count, polled.count - 1);
    assert.equal(
      (await client.get(`${base}?notificationType=SSLCertificateNotification&acknowledgeDate:not_null=`)).json
        .pagination.total,
      1,
    );
  });

  test('what is pushed is what is shown, but for the acknowledgement, and signed', async () => {
    const client = await openClient(await open());
    const { store, catalogue, clock } = client.desk;
    await issue(client, orderFor(newDomain()));
    const [notification] = await store.find('notifications', {});
    await client.post(`/v2/customers/acme/notifications/${notification!.id}/ack`);
    const [acknowledged] = await store.find('notifications', {});
    const side = createWebhookSide({ store, catalogue });
    const pushed = (await side.render(acknowledged!)) as Json;
    answers.notification.parse(pushed);
    const shown = (await client.get(`/v2/customers/acme/notifications/${notification!.id}`)).json;
    const { readDate: _, acknowledgeDate, ...rest } = shown;
    assert.equal(acknowledgeDate, new Date(clock.now()).toISOString().replace('.000', ''));
    assert.deepEqual(pushed, rest);
    const body = Buffer.from(JSON.stringify(pushed));
    const key = Buffer.from('key');
    assert.deepEqual(side.sign(body, key), { Signature: signWebhook(body, key) });
  });

  test('the domain list holds the five addresses of each domain up to the registrable one', async () => {
    const client = await openClient(await open());
    const { json } = await client.get('/v2/ssl/dcvemailaddresslist/a.b.shop.nl');
    const parts = ['admin', 'administrator', 'hostmaster', 'postmaster', 'webmaster'];
    const domains = ['a.b.shop.nl', 'b.shop.nl', 'shop.nl'];
    assert.deepEqual(
      json,
      domains.flatMap((domain) => parts.map((part) => `${part}@${domain}`)),
    );
  });

  test('a CSR is decoded', async () => {
    const client = await openClient(await open());
    const csr = newCsr(
      'www.example.com',
      ['www.example.com', 'example.com'],
      '/C=NL/ST=Overijssel/L=Zwolle/O=Acme, Inc./OU=IT',
    );
    const { json, status, text } = await client.post('/v2/ssl/decodecsr', { csr });
    assert.equal(status, 200, text);
    answers.csrInfo.parse(json);
    assert.equal(json.subject, 'C=NL,ST=Overijssel,L=Zwolle,O=Acme\\, Inc.,OU=IT,CN=www.example.com');
    assert.deepEqual(json.altNames, ['www.example.com', 'example.com']);
    assert.equal((await client.post('/v2/ssl/decodecsr', { csr: 'nonsense' })).json.type, 'InvalidCSRException');
    assert.equal((await client.post('/v2/ssl/decodecsr', {})).json.violations[0].field, 'csr');
    assert.equal(
      (await client.post('/v2/ssl/authkey', { csr, product: 'ssl_nothing' })).json.type,
      'ObjectDoesNotExist',
    );
    assert.deepEqual(
      (await client.post('/v2/ssl/authkey', {})).json.violations.map(({ field }: Json) => field),
      ['product', 'csr'],
    );
    for (const domain of ['UPPER.example.com', '*.example.com', 'a', `${'a'.repeat(260)}.com`]) {
      assert.equal((await client.get(`/v2/ssl/dcvemailaddresslist/${domain}`)).json.violations[0].field, 'domainName');
    }
    assert.equal((await client.get('/v2/ssl/dcvemailaddresslist/co.uk')).json.violations[0].field, 'domainName');
  });

  test('a failed order tells why, and gives the money back', async () => {
    const client = await openClient(await open());
    const order = await client.post('/v2/ssl/certificates', orderFor(newDomain()));
    const path = `/v2/processes/${order.headers['x-process-id']}`;
    client.desk.clock.forward(31 * DAY);
    await client.desk.runJobs();
    const process = (await client.get(path)).json;
    answers.process.parse(process);
    assert.equal(process.status, 'FAILED');
    assert.equal(process.error.type, 'ProcessError');
    assert.equal((await client.get('/v2/customers/acme/credit')).json.accounts[0].reservation, 0);
    publish(client, (await client.get(`${path}/info`)).json);
    assert.equal((await client.post(`${path}/resend`)).json.type, 'ObjectStatusProhibitsOperation');
  });
});
