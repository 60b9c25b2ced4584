import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildCatalogue } from '../../../src/config/catalogue.ts';
import { productCodes } from '../../../src/dialects/digicert/products.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, newDomain, openReady, orderFor, setSettings, someCsr } from './client.ts';

test('every product of the table is in the catalogue, and each of the catalogue’s lines has one name', () => {
  const catalogue = buildCatalogue();
  const codes = productCodes(catalogue);
  const sold = catalogue.all().filter(({ dialects }) => dialects?.includes('digicert'));
  assert.deepEqual(
    codes
      .all()
      .map(({ product }) => product.id)
      .sort(),
    sold.map(({ id }) => id).sort(),
  );
  for (const { product, nameId } of codes.all()) assert.equal(codes.of(product.id).nameId, nameId);
});

forEachStore((open) => {
  test('products are listed, described and limited', async () => {
    const { client } = await openReady(await open());
    const list = await client.get('/product');
    assert.equal(list.json.products.length, 32);
    const pro = list.json.products.find((one: { name_id: string }) => one.name_id === 'ssl_securesite_pro');
    assert.equal(pro.name, 'Secure Site Pro SSL');
    assert.equal(pro.type, 'ssl_certificate');
    assert.deepEqual(pro.allowed_order_validity_years, [1, 2, 3]);
    assert.equal(pro.signature_hash_types.default_hash_type_id, 'sha256');
    const info = await client.get('/product/ssl_ev_basic?container_id=0');
    assert.equal(info.json.validation_type, 'EV');
    assert.equal(codeOf(await client.get('/product/nothing')), 'not_found|product');
    const limits = await client.get('/product/limits');
    assert.deepEqual(limits.json.product_limits[0].allowed_order_lifetimes, [1, 2, 3]);
    await setSettings(client, { multiYear: false });
    assert.deepEqual((await client.get('/product/ssl_basic')).json.allowed_order_validity_years, [1]);
  });

  test('every product can be ordered', async () => {
    const { client, organization, domain } = await openReady(await open());
    const contact = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@acme.test' };
    const { products } = (await client.get('/product')).json;
    for (const { name_id: name } of products) {
      const common_name = name.includes('wildcard') ? `*.${domain}` : domain;
      const order = orderFor(domain, organization.id, { certificate: { common_name }, organization_contact: contact });
      const reply = await client.post(`/order/certificate/${name}`, order);
      assert.equal(reply.status, 201, `${name}: ${reply.text}`);
      const info = await client.get(`/order/certificate/${reply.json.id}`);
      assert.equal(info.json.product.name_id, name);
      assert.ok(info.json.price > 0);
    }
  });

  test('the hint and the names make out the product', async () => {
    const { client, organization, domain } = await openReady(await open());
    const contact = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@acme.test' };
    const chosen = async (
      type_hint: string | undefined,
      common_name: string,
      dns_names: string[] = [],
    ): Promise<string> => {
      const reply = await client.post('/order/certificate/ssl', {
        ...orderFor(domain, organization.id, { certificate: { common_name, dns_names } }),
        organization_contact: contact,
        product: { type_hint },
      });
      if (reply.status !== 201) return codeOf(reply);
      return (await client.get(`/order/certificate/${reply.json.id}`)).json.product.name_id;
    };
    assert.equal(await chosen('ov', domain), 'ssl_plus');
    assert.equal(await chosen('OV', domain, [`www.${domain}`]), 'ssl_plus');
    assert.equal(await chosen('ov', `*.${domain}`), 'ssl_wildcard');
    assert.equal(await chosen('ov', domain, [`a.${domain}`]), 'ssl_multi_domain');
    assert.equal(await chosen('ov', domain, [`*.${domain}`]), 'ssl_basic');
    assert.equal(await chosen('ev', domain), 'ssl_ev_plus');
    assert.equal(await chosen('private', domain), 'private_ssl_plus');
    assert.equal(await chosen('dv', newDomain()), 'ssl_dv_geotrust');
    assert.equal(await chosen('ev', `*.${domain}`), 'ambiguous_product');
    assert.equal(await chosen('client', domain), 'ambiguous_product');
    assert.equal(await chosen('constructor', domain), 'ambiguous_product');
    assert.equal(await chosen(undefined, domain), 'ambiguous_product');
  });

  test('products hold the names that they are made for', async () => {
    const { client, organization, domain } = await openReady(await open());
    const ask = (name: string, common_name: string, dns_names: string[] = []) =>
      client.post(`/order/certificate/${name}`, {
        certificate: { common_name, dns_names, csr: someCsr() },
        organization: { id: organization.id },
        order_validity: { years: 1 },
      });
    assert.equal(codeOf(await ask('ssl_plus', domain, [`a.${domain}`])), 'invalid_value:certificate.dns_names');
    assert.equal(codeOf(await ask('ssl_wildcard', domain)), 'invalid_value:certificate.common_name');
    assert.equal(codeOf(await ask('ssl_multi_domain', domain, [`*.${domain}`])), 'invalid_value:certificate.dns_names');
    assert.equal((await ask('ssl_plus', domain, [`www.${domain}`])).status, 201);
  });

  test('names beyond the included ones cost', async () => {
    const { client, organization, domain } = await openReady(await open());
    const priceOf = async (dns_names: string[], years: number): Promise<number> => {
      const order = orderFor(domain, organization.id, { certificate: { dns_names }, order_validity: { years } });
      const { json } = await client.post('/order/certificate/ssl_basic', order);
      return (await client.get(`/order/certificate/${json.id}`)).json.price;
    };
    const one = await priceOf([], 1);
    assert.equal(await priceOf([], 3), 3 * one);
    assert.ok((await priceOf([`a.${domain}`], 1)) > one);
    assert.ok((await priceOf([`*.${domain}`], 1)) > (await priceOf([`a.${domain}`], 1)));
  });
});
