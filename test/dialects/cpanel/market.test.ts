import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskError } from '../../../src/core/errors.ts';
import { HOUR } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { holdAgainstRules, queryOf } from './client.ts';
import { type Buyer, certificate, DONE, IDENTITY, moneyOf, openBuyer, order, pay } from './market-world.ts';

const CALL = { provider: 'Chancery' };

/** An hour later its jobs have run, and the certificate is there. */
async function assertDelivered({ client }: Buyer, id: number): Promise<void> {
  client.desk.clock.forward(HOUR);
  await client.desk.runJobs();
  const { certificate_pem } = await client.data('Market::get_ssl_certificate_if_available', {
    ...CALL,
    order_item_id: id,
  });
  assert.match(certificate_pem, /BEGIN CERTIFICATE/);
}

forEachStore((open) => {
  test('a certificate from the order to its website, as a panel does it', async () => {
    const buyer = await openBuyer(await open());
    const { client } = buyer;
    const names = [
      ['dNSName', 'shop.test'],
      ['dNSName', 'www.shop.test'],
    ];
    const before = await moneyOf(buyer);
    const placed = await order(buyer, [certificate({ price: 18, subject_names: names, vhost_names: ['*'] })]);
    assert.ok(Number.isInteger(placed.order_id) && placed.order_id >= 1);
    assert.match(placed.checkout_url, /^http:\/\/desk\.test\/market\/checkout\/[\w-]{43}$/);
    const [{ order_item_id: id, key_id }] = placed.certificates;
    assert.ok(Number.isInteger(id));
    assert.match(key_id, /^[0-9a-f]{5}_[0-9a-f]{5}_[0-9a-f]{32}$/);
    assert.deepEqual(await moneyOf(buyer), before, 'nothing is charged');
    assert.deepEqual(await client.desk.store.find('orders', {}), []);

    const [pending] = await client.data('Market::get_pending_ssl_certificates', CALL);
    assert.equal(pending.order_item_id, String(id));
    assert.equal(pending.order_id, String(placed.order_id));
    assert.deepEqual(
      [
        pending.status,
        pending.last_status_code,
        pending.domains,
        pending.vhost_names,
        pending.product_id,
        pending.expired,
      ],
      ['unconfirmed', 'CertificateNotFound', ['shop.test', 'www.shop.test'], ['*'], '159', 0],
    );
    assert.match(pending.csr, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
    assert.equal('identity_verification' in pending, false);
    const waiting = await client.call('Market::get_certificate_status_details', { ...CALL, order_item_id: id });
    assert.deepEqual(waiting.messages, ['Certificate request is still being processed.']);
    assert.deepEqual(waiting.data.actionUrls, {});
    const confirm = { ...CALL, order_item_id: id, status: 'confirmed' };
    const early = await client.call('Market::set_status_of_pending_queue_items', confirm);
    assert.deepEqual([early.status, early.data.error_type], [0, 'OrderNotPaid']);

    assert.equal(await pay(buyer, placed.checkout_url), `${DONE}?order_status=success`);
    assert.deepEqual(
      await moneyOf(buyer),
      { balance: before.balance - 1_800, reserved: 0 },
      'proved and issued at once',
    );
    const confirmed = await client.call('Market::set_status_of_pending_queue_items', confirm);
    assert.deepEqual(confirmed, { data: null, errors: null, messages: null, metadata: {}, status: 1, warnings: null });

    const [processed] = await client.data('Market::process_ssl_pending_queue');
    assert.deepEqual([processed.deleted, processed.installed, processed.last_status_message], [1, 1, '']);
    assert.match(processed.certificate_pem, /^-----BEGIN CERTIFICATE-----\n/);
    assert.deepEqual(await client.data('Market::get_pending_ssl_certificates', CALL), []);
    assert.deepEqual(await client.data('Market::process_ssl_pending_queue'), []);

    const available = await client.data('Market::get_ssl_certificate_if_available', { ...CALL, order_item_id: id });
    assert.deepEqual(available, {
      certificate_pem: processed.certificate_pem,
      encrypted_action_urls: { evClickThroughStatus: null, ovCallbackStatus: null },
      status_code: '',
      status_message: '',
    });
    const details = await client.data('Market::get_certificate_status_details', { ...CALL, order_item_id: id });
    assert.equal(details.status_details.validationStatus, 'completed');
    assert.deepEqual(details.domain_details, [
      { domain: 'shop.test', status: 'VALIDATED' },
      { domain: 'www.shop.test', status: 'VALIDATED' },
    ]);

    const [host] = await client.data('SSL::installed_hosts');
    assert.ok(host.certificate_text.startsWith(processed.certificate_pem));
    const keys = await client.data('SSL::list_keys');
    assert.deepEqual(
      keys.map((key: { id: string }) => key.id),
      [key_id],
    );
    assert.equal((await client.data('SSL::list_csrs')).length, 1);
    assert.equal((await client.data('SSL::list_certs')).length, 1, 'kept among its files');
  });

  test('several certificates in one order, by a repeated parameter and by numbers, in the request’s order', async () => {
    const buyer = await openBuyer(await open());
    const { client, access_token } = buyer;
    const one = (name: string): string => certificate({ subject_names: [['dNSName', name]] });
    const base = `access_token=${access_token}&provider=cPStore`;
    const queries = [
      ['certificate', 'certificate'],
      ['certificate-2', 'certificate-1'],
      ['certificate', 'certificate-0'],
      ['certificate[]', 'certificate[]'],
      ['certificate[0]', 'certificate[1]'],
    ] as const;
    for (const [first, second] of queries) {
      const sent = `${first}=${encodeURIComponent(one('www.shop.test'))}&${second}=${encodeURIComponent(one('shop.test'))}`;
      const { json } = await client.raw({ url: `/execute/Market/request_ssl_certificates?${base}&${sent}` });
      holdAgainstRules(json);
      assert.equal(json.status, 1, JSON.stringify(json));
      const ids = json.data.certificates.map((each: { order_item_id: number }) => each.order_item_id);
      const items = await client.desk.store.find('checkoutItems', { checkoutId: json.data.order_id });
      assert.deepEqual(
        ids.map((id: number) => items.find((item) => item.id === id)?.commonName),
        ['www.shop.test', 'shop.test'],
      );
    }
    const form = { 'content-type': 'application/json' };
    const payload = JSON.stringify({
      access_token,
      provider: 'Chancery',
      certificate: [one('shop.test'), one('www.shop.test')],
    });
    const posted = await client.raw({
      method: 'POST',
      url: '/execute/Market/request_ssl_certificates',
      headers: form,
      payload,
    });
    assert.equal(posted.json.data.certificates.length, 2);
  });

  test('where the key of one certificate cannot be used, nothing is left of the others', async () => {
    const buyer = await openBuyer(await open());
    const { client, access_token } = buyer;
    const { subscriberKeys } = client.desk.platform;
    const { makeCsr } = subscriberKeys;
    let made = 0;
    subscriberKeys.makeCsr = (...args) => {
      made += 1;
      if (made === 3) throw new DeskError('too-many-requests', 'Try again in a moment');
      return makeCsr(...args);
    };
    const three = ['shop.test', 'www.shop.test', 'shop.test'].map((name) =>
      certificate({ subject_names: [['dNSName', name]] }),
    );
    const args = { ...CALL, access_token, certificate: three };
    assert.match((await client.errors('Market::request_ssl_certificates', args))[0] as string, /too many requests/);
    assert.equal(made, 3);
    for (const kind of ['subscriberKeys', 'keptFiles', 'checkouts'] as const) {
      assert.deepEqual(await client.desk.store.find(kind, {}), [], kind);
    }
  });

  test('clients that were generated from the published description find its shapes', async () => {
    const buyer = await openBuyer(await open());
    const { client, access_token } = buyer;
    const url = '/wrapped/execute/Market/request_ssl_certificates';
    const ask = async (certificates: readonly string[]) => {
      const query = queryOf({ ...CALL, access_token, certificate: certificates });
      return (await client.raw({ url: `${url}?${query}` })).json;
    };
    const one = await ask([certificate()]);
    assert.deepEqual(Object.keys(one), ['apiversion', 'func', 'module', 'result']);
    assert.deepEqual(Object.keys(one.result.data.certificates), ['order_item_id', 'key_id']);
    assert.equal((await ask([certificate(), certificate()])).result.data.certificates.length, 2);
    const { order_item_id } = one.result.data.certificates;
    const details = `/wrapped/execute/Market/get_certificate_status_details?${queryOf({ ...CALL, order_item_id })}`;
    const { json } = await client.raw({ url: details });
    assert.deepEqual(json.result.data.domain_details, { domain: 'shop.test', status: 'NOTVALIDATED' });
  });

  test('a wildcard is proved by the TXT record that the queue shows', async () => {
    const buyer = await openBuyer(await open());
    const { client } = buyer;
    const names = [
      { type: 'dNSName', name: '*.shop.test', dcv_method: 'dns' },
      { type: 'dNSName', name: 'shop.test', dcv_method: 'http' },
    ];
    const placed = await order(buyer, [certificate({ price: 75, subject_names: names })]);
    await pay(buyer, placed.checkout_url);
    const id = placed.certificates[0].order_item_id;
    await client.data('Market::set_status_of_pending_queue_items', { ...CALL, order_item_id: id, status: 'confirmed' });
    const [still] = await client.data('Market::process_ssl_pending_queue');
    assert.deepEqual([still.deleted, still.certificate_pem, still.last_status_code], [0, null, 'CertificateNotFound']);
    const [record] = still.dns_records;
    assert.deepEqual([record.type, record.name], ['TXT', '_pki-validation.shop.test']);
    assert.ok(still.last_status_message.includes(record.value));
    client.desk.domains.publishRecord(record.type, record.name, record.value);
    await assertDelivered(buyer, id);
  });

  test('OV waits for people, and shows who was named', async () => {
    const buyer = await openBuyer(await open());
    const { client } = buyer;
    const sent = certificate({ product_id: 213, price: '30.00' });
    const placed = await order(buyer, [sent], { identity_verification: JSON.stringify(IDENTITY) });
    const id = placed.certificates[0].order_item_id;
    await pay(buyer, placed.checkout_url);
    const [pending] = await client.data('Market::get_pending_ssl_certificates', CALL);
    assert.deepEqual(pending.identity_verification, { ...IDENTITY, postalCode: '55555' });
    assert.equal(pending.last_status_code, 'RequiresApproval');
    const { status_details } = await client.data('Market::get_certificate_status_details', {
      ...CALL,
      order_item_id: id,
    });
    assert.equal(status_details.organizationValidationStatus, 'not-completed');
    assert.equal(status_details.ovCallbackStatus, 'not-completed');
    assert.equal(status_details.evClickThroughStatus, 'not applicable');
    const [organization] = await client.desk.store.find('organizations', {});
    assert.equal(organization?.name, 'Company, Inc.');
    assert.equal(organization?.contacts[0]?.email, 'username@example.com');
    const [request] = await client.desk.store.find('requests', {});
    assert.equal(request?.subject.department, undefined);
    const by = { level: 'OV', evidence: 'register', by: 'olga' } as const;
    await client.desk.office.vetOrganization(organization?.id as number, by);
    await client.desk.office.passCheck(request?.id as number, 'callback', 'olga', 'called');
    await assertDelivered(buyer, id);
  });

  test('what is cancelled leaves the queue, and gives back what was set aside', async () => {
    const buyer = await openBuyer(await open());
    const { client } = buyer;
    const before = await moneyOf(buyer);
    const dns = certificate({ subject_names: [{ type: 'dNSName', name: 'shop.test', dcv_method: 'dns' }] });
    const placed = await order(buyer, [dns]);
    await pay(buyer, placed.checkout_url);
    assert.equal((await moneyOf(buyer)).reserved, 900);
    const id = placed.certificates[0].order_item_id;
    const cancelled = await client.call('Market::cancel_pending_ssl_certificate', { ...CALL, order_item_id: id });
    assert.deepEqual(cancelled.metadata, { transformed: 1 });
    assert.deepEqual([cancelled.data[0].order_item_id, cancelled.data[0].expired], [String(id), 1]);
    assert.deepEqual(await moneyOf(buyer), before);
    assert.deepEqual(await client.data('Market::get_pending_ssl_certificates', CALL), []);
    const again = await client.call('Market::cancel_pending_ssl_certificate', { ...CALL, order_item_id: id });
    assert.deepEqual(again.data, { error_type: 'EntryDoesNotExist', order_item_ids: [id] });
    const unpaid = await order(buyer);
    const other = unpaid.certificates[0].order_item_id;
    await client.data('Market::cancel_pending_ssl_certificate', { ...CALL, order_item_id: other });
    assert.match((await buyer.browser.get(unpaid.checkout_url)).html, /<h1>Cancelled<\/h1>/);
  });

  test('unknown and foreign items are told in the API’s words', async () => {
    const buyer = await openBuyer(await open());
    const { client } = buyer;
    const args = { ...CALL, order_item_id: [8675309, 8675310], status: 'confirmed' };
    const result = await client.call('Market::set_status_of_pending_queue_items', args);
    assert.deepEqual(result.data, { error_type: 'EntryDoesNotExist', order_item_ids: [8675309, 8675310] });
    assert.equal(result.errors[0], 'The order item ID “8675309” does not match any entries in the pending queue.');
    const placed = await order(buyer);
    await pay(buyer, placed.checkout_url);
    const id = placed.certificates[0].order_item_id;
    const { actor, secret } = await client.desk.addKey('eve', 'admin');
    const eve = client.as(actor.handle, secret);
    const functions = [
      'Market::set_status_of_pending_queue_items',
      'Market::cancel_pending_ssl_certificate',
      'Market::get_ssl_certificate_if_available',
      'Market::get_certificate_status_details',
    ] as const;
    for (const name of functions) {
      const foreign = await eve.call(name, { ...CALL, order_item_id: id, status: 'confirmed' });
      assert.equal(foreign.data.error_type, 'EntryDoesNotExist', name);
      for (const wrong of ['0', '-1', '1e3', 'x', '99999999999999999999', '1 or 1=1']) {
        assert.equal((await eve.call(name, { ...CALL, order_item_id: wrong, status: 'confirmed' })).status, 0);
      }
    }
    assert.deepEqual(await eve.data('Market::get_pending_ssl_certificates', CALL), []);
    const url = { ...CALL, access_token: buyer.access_token, order_id: placed.order_id, url_after_checkout: DONE };
    assert.deepEqual(await eve.errors('Market::set_url_after_checkout', url), [
      'The access token is not valid. Log in to the provider again.',
    ]);
    const item = await client.desk.store.get('checkoutItems', id);
    assert.equal(item?.queue, 'unconfirmed', 'nobody else has touched it');
  });

  test('products are those sold by the name, with all that clients read', async () => {
    const buyer = await openBuyer(await open());
    const products = await buyer.client.data('Market::get_all_products');
    const seen = products.map((one: Record<string, unknown>) => [
      one.product_id,
      one.x_validation_type,
      one.x_price_per_domain,
      one.x_price_per_wildcard_domain,
      one.x_wildcard_parent_domain_free,
    ]);
    assert.deepEqual(seen, [
      [159, 'dv', 9, 75, 1],
      [213, 'ov', 30, 99, 1],
      [209, 'ev', 108, undefined, 0],
    ]);
    const [dv, ov, ev] = products;
    assert.equal('x_identity_verification' in dv, false);
    assert.equal(ov.x_identity_verification.length, 12);
    assert.equal(ev.x_identity_verification.length, 18);
    const { json } = await buyer.client.raw({
      url: '/execute/Market/get_all_products?api.filter_column_0=x_validation_type&api.filter_type_0=ne&api.filter_term_0=dv&api.sort=1&api.sort_column_0=price&api.sort_reverse_0=1&api.sort_method_0=numeric&api.paginate=1&api.paginate_size=1',
    });
    assert.deepEqual(
      json.data.map((one: { product_id: number }) => one.product_id),
      [209],
    );
    assert.deepEqual(json.metadata, {
      transformed: 1,
      filter: { records_before_filter: 3 },
      paginate: { start_result: 1, current_page: 1, results_per_page: 1, total_pages: 2, total_results: 2 },
    });
  });

  test('carts are the same orders in other words', async () => {
    const buyer = await openBuyer(await open());
    const { client, access_token, browser } = buyer;
    const cart = await client.data('Market::create_shopping_cart', {
      ...CALL,
      access_token,
      item: [certificate(), certificate()],
      url_after_checkout: DONE,
    });
    assert.equal(typeof cart.order_id, 'string');
    assert.equal(cart.order_items.length, 2);
    const moved = { ...CALL, access_token, order_id: cart.order_id, url_after_checkout: `${DONE}/two` };
    assert.deepEqual(await client.data('Market::set_url_after_checkout', moved), { error_type: null });
    const unknown = await client.call('Market::set_url_after_checkout', { ...moved, order_id: 1 });
    assert.deepEqual([unknown.status, unknown.data.error_type], [0, 'OrderNotFound']);
    assert.equal(await pay(buyer, cart.checkout_url), `${DONE}/two?order_status=success`);
    assert.match((await client.errors('Market::set_url_after_checkout', moved))[0] as string, /is paid/);

    const product_name = 'cpanel-ssl';
    const named = await client.data('Market::create_shopping_cart_non_ssl', {
      access_token,
      product_name,
      url_after_checkout: DONE,
    });
    assert.equal(named.order_items_ref.length, 1);
    const { url } = await client.data('Market::get_build_cart_url', { product_name, domain: 'www.shop.test' });
    const page = await browser.get(url);
    assert.match(page.html, /www\.shop\.test/);
    const checkout = await browser.send(page, { action: 'order' });
    assert.match(checkout.html, /<caption>Certificates of this order<\/caption>/);
    assert.match(checkout.html, /18\.00 EUR/);
    assert.deepEqual(await client.data('Market::get_product_info', { product_name }), {
      product_id: 159,
      redirect_path: '/market/cart',
      redirect_url_failure: 'http://desk.test/login',
      redirect_url_success: 'http://desk.test/login',
    });
    assert.deepEqual(await client.data('Market::get_completion_url', { product_name }), {
      completion_url: 'http://desk.test/login',
    });
    assert.equal(await client.data('Market::get_license_info', { domain: 'shop.test' }), null);
    for (const name of ['get_build_cart_url', 'get_completion_url', 'get_product_info'] as const) {
      assert.deepEqual(await client.errors(`Market::${name}`, { product_name: 'wp' }), [
        'The product “wp” does not exist.',
      ]);
    }
    const constraints = await client.data('Market::get_provider_specific_dcv_constraints', CALL);
    assert.equal(constraints.dcv_file_random_character_count, 32);
    assert.equal(constraints.dcv_file_allowed_characters.join(''), '0123456789ABCDEF');
  });
});
