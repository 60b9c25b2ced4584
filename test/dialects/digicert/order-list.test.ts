import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../../src/core/time.ts';
import { csvLine } from '../../../src/dialects/digicert/csv.ts';
import { askFor } from '../../support/core-world.ts';
import { forEachStore } from '../../support/stores.ts';
import {
  codeOf,
  issued,
  newDomain,
  openReady,
  orderFor,
  PRO,
  setSettings,
  someCsr,
  userWithKey,
  type Client,
} from './client.ts';

const LIST = '/order/certificate';

/** Ids of the orders that a query shows, and that it counts as many. */
async function idsOf(client: Client, query: string): Promise<number[]> {
  const { status, text, json } = await client.get(`${LIST}?${query}`);
  assert.equal(status, 200, text);
  assert.equal(json.page.total, json.orders.length, query);
  return json.orders.map(({ id }: { id: number }) => id);
}

forEachStore((open) => {
  test('pages are exact, echoed as numbers, and sorted as asked', async () => {
    const { client, organization, domain } = await openReady(await open());
    const ids: number[] = [];
    for (const name of ['c', 'a', 'b']) {
      ids.push((await issued(client, `${name}.${domain}`, organization.id)).orderId);
      client.desk.clock.forward(MINUTE);
    }
    const [first, second, third] = ids;
    const page = async (query: string) => {
      const { json } = await client.get(`${LIST}?${query}`);
      return [json.orders.map(({ id }: { id: number }) => id), json.page];
    };
    assert.deepEqual(await page(''), [ids, { total: 3, limit: 1000, offset: 0 }]);
    assert.deepEqual(await page('limit=2'), [[first, second], { total: 3, limit: 2, offset: 0 }]);
    assert.deepEqual(await page('limit=2&offset=2'), [[third], { total: 3, limit: 2, offset: 2 }]);
    assert.deepEqual(await page('limit=5000&offset=0'), [ids, { total: 3, limit: 1000, offset: 0 }]);
    assert.deepEqual((await page('offset=999999999999999'))[0], []);
    assert.equal(codeOf(await client.get(`${LIST}?offset=-1`)), 'invalid_value:offset');
    assert.equal(codeOf(await client.get(`${LIST}?limit=ten`)), 'invalid_value:limit');
    assert.deepEqual(await idsOf(client, 'sort=order_id'), ids);
    assert.deepEqual(await idsOf(client, 'sort=-date_created'), [third, second, first]);
    assert.deepEqual(await idsOf(client, 'sort=common_name'), [second, third, first]);
    assert.deepEqual(await idsOf(client, 'sort=product_name_id,-order_id'), [third, second, first]);
    assert.equal(codeOf(await client.get(`${LIST}?sort=price`)), 'invalid_value:sort');
    assert.equal(codeOf(await client.get(`${LIST}?filters[price]=1`)), 'invalid_value:filters[price]');
  });

  test('a listed order tells what clients read of it', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id, { order_validity: { years: 3 } });
    await client.post(`${LIST}/${orderId}/duplicate`, {
      certificate: orderFor(domain, 1).certificate,
      skip_approval: true,
    });
    const { json } = await client.get(LIST);
    const [listed] = json.orders;
    assert.equal(listed.certificate.id, certificateId);
    assert.match(listed.certificate.valid_till, /^2027-/);
    assert.equal(listed.is_multi_year_plan, '1');
    assert.deepEqual(listed.order_validity, { years: 3 });
    assert.deepEqual(listed.organization, { id: organization.id, name: 'Acme Widgets' });
    assert.equal(listed.product_name_id, 'ssl_securesite_pro');
    assert.deepEqual([listed.has_duplicates, listed.duplicates_count], [true, 1]);
    assert.deepEqual([listed.has_reissues, listed.reissues_count], [false, 0]);
    assert.equal(listed.number_of_sans, 1);
    const waiting = await client.post(PRO, orderFor(newDomain(), organization.id, { skip_approval: true }));
    const [bare] = (await client.get(`${LIST}?filters[id]=${waiting.json.id}`)).json.orders;
    for (const member of ['valid_till', 'valid_from', 'serial_number', 'days_remaining']) {
      assert.equal(member in bare.certificate, false, member);
    }
    assert.equal('order_valid_till' in bare, false);
  });

  test('every filter shows what it should, raw and percent-encoded', async () => {
    const { client: admin, organization, domain } = await openReady(await open());
    const { client, user } = await userWithKey(admin, 'grace', 'admin');
    const root = await container(admin);
    const one = await issued(client, `one.${domain}`, organization.id, {
      certificate: { dns_names: [`san.${domain}`] },
      container: { id: root },
      alternative_order_id: 'nonce-7',
      disable_renewal_notifications: 1,
    });
    client.desk.clock.forward(DAY);
    const two = await issued(admin, `two.${domain}`, organization.id);
    const waiting = newDomain();
    const ordered = await admin.post(
      PRO,
      orderFor(waiting, organization.id, {
        certificate: { dns_names: [`san.${waiting}`] },
        skip_approval: true,
      }),
    );
    const three: number = ordered.json.id;
    const { json: info } = await client.get(`${LIST}/${one.orderId}`);
    const { serial_number: serial, valid_till: till } = info.certificate;
    const all = [one.orderId, two.orderId, three];
    const cases: [string, number[]][] = [
      [`filters[id]=${two.orderId}`, [two.orderId]],
      [`filters[order_id]=!${two.orderId}`, [one.orderId, three]],
      [`filters[organization_id]=${organization.id}`, all],
      ['filters[organization_id]=1', []],
      ['filters[product_name_id]=ssl_securesite_pro', all],
      ['filters[product_name_id]=ssl_basic', []],
      ['filters[product_name_id]=nonsense', []],
      [`filters[common_name]=ONE.${domain}`, [one.orderId]],
      [`filters[common_name]=!one.${domain}`, [two.orderId, three]],
      [`filters[domain_name]=san.${domain}`, [one.orderId]],
      [`filters[domain_name]=two.${domain}`, [two.orderId]],
      [`filters[domain_name]=SAN.${waiting}`, [three]],
      [`filters[domain_name]=!san.${domain}`, [two.orderId, three]],
      ['filters[domain_name]=an.', []],
      ['filters[date_created]=2026-11-22', [one.orderId]],
      ['filters[date_created]=>2026-11-22', [two.orderId, three]],
      ['filters[date_created]=2026-11-01...2026-11-22', [one.orderId]],
      [`filters[valid_till]=${till}`, [one.orderId]],
      [`filters[valid_till]=>${till}`, [two.orderId]],
      [`filters[valid_till]=>=${till}`, [one.orderId, two.orderId]],
      [`filters[valid_till]=<${till}`, []],
      [`filters[valid_till]=2026-01-01...${till}`, [one.orderId]],
      ['filters[order_valid_till]=2027-11-22', [one.orderId]],
      [`filters[user_id]=${user.id}`, [one.orderId]],
      [`filters[container_id]=${root}`, [one.orderId]],
      [`filters[container_id]=!${root}`, [two.orderId, three]],
      [`filters[certificate_id]=${two.certificateId}`, [two.orderId]],
      [`filters[certificate_id]=${ordered.json.certificate_id}`, [three]],
      [`filters[serial_number]=${serial.toLowerCase()}`, [one.orderId]],
      [`filters[serial_number]=!${serial}`, [two.orderId, three]],
      ['filters[disable_renewal_notifications]=1', [one.orderId]],
      ['filters[disable_renewal_notifications]=0', [two.orderId, three]],
      ['filters[email]=GRACE@acme.test', [one.orderId]],
      ['filters[email]=race@acme.test', []],
      ['filters[alternative_order_id]=nonce-7', [one.orderId]],
      ['filters[origin]=certcentral', all],
      ['filters[origin]=migrated', []],
      ['filters[search]=RACE@', [one.orderId]],
      [`filters[search]=wo.${domain}`, [two.orderId]],
      ['filters[search]=%25', []],
      ['filters[status]=issued', [one.orderId, two.orderId]],
      ['filters[status]=pending', [three]],
      ['filters[status][0]=pending&filters[status][1]=issued', all],
      ['filters[status]=!issued', [three]],
      ['filters[status]=waiting_pickup', []],
      ['filters[is_renewed]=0', all],
      [`filters[status]=issued&filters[common_name]=two.${domain}`, [two.orderId]],
      ['filters[common_name]=', all],
    ];
    for (const [query, expected] of cases) {
      assert.deepEqual(await idsOf(admin, query), expected, query);
      const encoded = query.replaceAll('[', '%5B').replaceAll(']', '%5D').replaceAll('>', '%3E');
      assert.deepEqual(await idsOf(admin, encoded), expected, encoded);
    }
    admin.desk.clock.forward(10_000);
    for (const [query, code] of [
      ['filters[container_id]=x', 'container_id'],
      ['filters[valid_till]=yesterday', 'valid_till'],
      ['filters[is_renewed]=perhaps', 'is_renewed'],
      ['filters[metadata_id]=1%20or%201', 'metadata_id'],
    ] as const) {
      assert.equal(codeOf(await admin.get(`${LIST}?${query}`)), `invalid_value:filters[${code}]`);
    }
    const stranger = admin.as((await admin.desk.addKey('globex', 'admin')).secret);
    for (const [query] of cases) assert.deepEqual(await idsOf(stranger, query), [], query);
  });

  test('every status is filtered as it is shown; issued includes expired', async () => {
    const { client, organization, domain } = await openReady(await open());
    const place = async (changes: Record<string, unknown> = {}): Promise<number> =>
      (await client.post(PRO, orderFor(domain, organization.id, changes))).json.id;
    const early = await place({ order_validity: { days: 30 } });
    client.desk.clock.forward(31 * DAY);
    const plain = await place({ order_validity: { days: 90 } });
    const renewed = await place({ renewal_of_order_id: plain });
    const replaced = await place();
    const revoked = await place();
    await client.put(`${LIST}/${revoked}/revoke`, { skip_approval: true });
    const unproved = { certificate: { common_name: newDomain() } };
    const pending = await place(unproved);
    const canceled = await place(unproved);
    await client.put(`${LIST}/${canceled}/status`, { status: 'canceled' });
    await setSettings(client, { approval: 'required' });
    await client.post(`${LIST}/${replaced}/reissue`, { certificate: orderFor(domain, 1).certificate });
    const asked = await place();
    const rejected = (await client.post(PRO, orderFor(domain, organization.id))).json;
    await client.put(`/request/${rejected.requests[0].id}/status`, { status: 'rejected' });
    const expected = {
      needs_approval: [asked],
      pending: [pending],
      processing: [],
      issued: [early, plain, renewed],
      expired: [early],
      reissue_pending: [replaced],
      revoked: [revoked],
      canceled: [canceled],
      rejected: [rejected.id],
    };
    for (const [status, ids] of Object.entries(expected)) {
      assert.deepEqual(await idsOf(client, `filters[status]=${status}`), ids, status);
    }
    const { json } = await client.get(LIST);
    for (const { id, status } of json.orders) {
      assert.ok((expected[status as keyof typeof expected] as number[]).includes(id), `${id} is ${status}`);
    }
    assert.deepEqual(await idsOf(client, 'filters[is_renewed]=1'), [plain]);
    const shown = (await client.get(`${LIST}/${plain}`)).json;
    assert.deepEqual([shown.is_renewed, shown.renewed_order_id], [true, renewed]);
    assert.equal((await client.get(`${LIST}/${renewed}`)).json.is_renewal, true);
  });

  test('lists and reports are CSV for who asks, and no cell is a formula', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id, {
      alternative_order_id: '=HYPERLINK("http://evil.test","x")',
    });
    const list = await client.get(LIST, { accept: 'text/csv' });
    assert.equal(list.headers['content-type'], 'text/csv');
    const [head = '', row = '', end] = list.text.split('\r\n');
    assert.equal(end, '');
    assert.ok(head.startsWith('Order ID,Order Status,Certificate ID,Common Name,'));
    assert.ok(row.startsWith(`${orderId},issued,${certificateId},${domain},`), row);
    assert.ok(row.endsWith(`,"'=HYPERLINK(""http://evil.test"",""x"")"`), row);
    assert.equal((await client.get('/report/order')).text, list.text);
    assert.equal((await client.get('/report/order?limit=1&offset=1')).text, `${head}\r\n`);
    const filtered = await client.get(`${LIST}?filters[status]=revoked`, { accept: 'text/csv;q=0.9' });
    assert.equal(filtered.text, `${head}\r\n`);
  });

  test('an order that came through another API is shown, and can be changed', async () => {
    const { client, domain } = await openReady(await open());
    const { actor, engine, office } = client.desk;
    const ask = askFor(domain, { csr: await engine.pki.readCsr(someCsr()), dialect: 'realtime-register' });
    const { request, certificate } = await office.desk.placeOrder(actor, ask);
    assert.ok(certificate);
    const path = `${LIST}/${request.orderId}`;
    const { json: info } = await client.get(path);
    assert.deepEqual([info.status, info.product.name_id, info.certificate.id], ['issued', 'dv_single', certificate.id]);
    assert.deepEqual(await idsOf(client, `filters[common_name]=${domain}`), [request.orderId]);
    await Promise.all([
      client.put(`${path}/auto-renew`, { auto_renew: 1 }),
      client.put(`${path}/additional-emails`, { additional_emails: ['x@acme.test'] }),
    ]);
    const { json: after } = await client.get(path);
    assert.deepEqual([after.auto_renew, after.additional_emails], [1, ['x@acme.test']]);
    const again = await client.post(`${path}/reissue`, {
      certificate: { csr: someCsr() },
      dcv_method: 'dns-txt-token',
    });
    client.desk.domains.publishRecord('TXT', domain, again.json.dcv_random_value);
    const checked = await client.put(`${path}/check-dcv`);
    assert.equal(checked.json.order_status, 'issued', checked.text);
  });

  test('orders are found by alternative id, and counted by the end of their certificates', async () => {
    const { client, organization, domain } = await openReady(await open());
    const root = await container(client);
    const changes = { alternative_order_id: 'a b/c', container: { id: root } };
    const one = await issued(client, domain, organization.id, changes);
    const two = await issued(client, domain, organization.id, { ...changes, order_validity: { days: 20 } });
    const { json } = await client.get(`/order/alternate/${encodeURIComponent('a b/c')}?limit=1&offset=1`);
    assert.deepEqual(json, {
      orders: [{ order_id: two.orderId, certificate_id: two.certificateId, status: 'issued' }],
      page: { total: 2, limit: 1, offset: 1 },
    });
    assert.equal((await client.get('/order/alternate/other')).json.page.total, 0);
    const counts = async (): Promise<number[]> => {
      const reply = await client.get(`/report/order/${root}/expiring`);
      return reply.json.expiring_orders.map(({ order_count }: { order_count: number }) => order_count);
    };
    assert.deepEqual(await counts(), [1, 1, 1, 0]);
    client.desk.clock.forward(22 * DAY);
    assert.deepEqual(await counts(), [0, 0, 0, 1]);
    assert.equal(one.orderId < two.orderId, true);
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    assert.equal(codeOf(await stranger.get(`/report/order/${root}/expiring`)), 'not_found|container');
    assert.equal((await stranger.get(`/order/alternate/${encodeURIComponent('a b/c')}`)).json.page.total, 0);
    assert.deepEqual((await client.get('/account/subaccount/order')).json.orders, []);
  });

  test('status changes tell of orders that changed within the span, and not again after it', async () => {
    const { client, organization, domain } = await openReady(await open());
    const path = `${LIST}/status-changes`;
    const one = await issued(client, domain, organization.id);
    client.desk.clock.forward(2 * HOUR);
    const two = await issued(client, domain, organization.id, { order_validity: { days: 5 } });
    const brief = ({ orderId, certificateId }: { orderId: number; certificateId: number }, status = 'issued') => ({
      order_id: orderId,
      certificate_id: certificateId,
      status,
    });
    const changes = async (query: string) => (await client.get(`${path}?${query}`)).json;
    assert.deepEqual(await changes('minutes=60'), { orders: [brief(two)] });
    assert.deepEqual(await changes('seconds=7200'), { orders: [brief(one), brief(two)] });
    // 12:00 and 14:00 UTC are 06:00 and 08:00 in Utah's summer.
    const span = 'filters[status_last_updated]=';
    assert.deepEqual(await changes(`${span}2026-11-22+05:00:00...2026-11-22+07:00:00`), { orders: [brief(one)] });
    assert.deepEqual(await changes(`${span}2026-11-22...2026-11-22`), { orders: [brief(one), brief(two)] });
    assert.deepEqual(await changes(`${span}2026-11-20...2026-11-21`), {});
    await client.put(`${LIST}/${one.orderId}/revoke`, { skip_approval: true });
    assert.deepEqual(await changes(`${span}2026-11-22+05:00:00...2026-11-22+07:00:00`), {});
    assert.deepEqual(await changes('minutes=60'), { orders: [brief(one, 'revoked'), brief(two)] });
    client.desk.clock.forward(5 * DAY + HOUR);
    assert.deepEqual(await changes('minutes=120'), { orders: [brief(two, 'expired')] });
    assert.equal(codeOf(await client.get(`${path}?minutes=10081`)), 'time_frame_too_long');
    assert.equal(codeOf(await client.get(`${path}?${span}2026-11-01...2026-11-09`)), 'time_frame_too_long');
    assert.equal(codeOf(await client.get(path)), 'missing_value:filters');
    assert.equal(codeOf(await client.get(`${path}?${span}x...y`)), 'invalid_value:filters[status_last_updated]');
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    assert.deepEqual((await stranger.get(`${path}?minutes=10000`)).json, {});
  });
});

async function container(client: Client): Promise<number> {
  const { store, actor } = client.desk;
  return store.transact(async (unit) => {
    const id = unit.newId('containers');
    const about = { name: 'Shops', description: null, state: 'active' as const, createdAt: 0 };
    unit.insert('containers', { id, accountId: actor.accountId, parentId: null, ...about });
    return id;
  });
}

test('cells of a CSV file are quoted where they must be, and never begin a formula', () => {
  for (const text of ['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', ' =1', '|x', '%x', '\uff1d1']) {
    assert.ok(csvLine([text]).replace(/^"/, '').startsWith("'"), JSON.stringify(text));
  }
  assert.equal(
    csvLine([1, -2, true, null, undefined, 'a,b', 'a"b', 'a\nb', ' a']),
    '1,-2,true,,,"a,b","a""b","a\nb"," a"\r\n',
  );
});
