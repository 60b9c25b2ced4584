import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRecords } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { HOLDER, newDomain, openClient, openPlace } from './client.ts';
import { PARAMETERS } from './parameters.ts';

forEachStore((open) => {
  test('every good value of every parameter is taken and found again', async () => {
    const client = await openClient(await open());
    for (const { name, good, found } of PARAMETERS) {
      for (const value of good) {
        const { path, domains } = await openPlace(client, [newDomain()]);
        const reply = await client.post(`${path}/ssl_certificate`, { ...HOLDER, [name]: value });
        assert.deepEqual([reply.status, reply.text], [202, ''], `${name} ${String(value)}`);
        const { certificate } = (await client.get(`${path}/ssl_certificate`)).json;
        const [request] = await client.desk.store.find('requests', { id: certificate.id });
        const [domain] = domains;
        assert.ok(request && domain);
        assert.equal(found(request, certificate, domain), value, name);
      }
    }
  });

  test('a bad or missing value of a parameter is named, and nothing is left behind', async () => {
    const client = await openClient(await open());
    const { path } = await openPlace(client);
    const before = await countRecords(client.desk.store);
    const order = (body: unknown) => client.post(`${path}/ssl_certificate`, body);
    for (const { name, required, bad } of PARAMETERS) {
      for (const [value, code] of bad) {
        const { status, json, text } = await order({ ...HOLDER, [name]: value });
        assert.equal(status, 400, `${name} ${JSON.stringify(value)} ${text}`);
        assert.deepEqual(
          json.errors.map((error: Record<string, string>) => [error['resource'], error['field'], error['code']]),
          [['CertificateOrder', name, code]],
          `${name} ${JSON.stringify(value)} ${text}`,
        );
        assert.equal(json.message, `Invalid CertificateOrder: ${json.errors[0].message}`);
      }
      if (!required) continue;
      for (const absent of [undefined, null]) {
        const { status, json } = await order({ ...HOLDER, [name]: absent });
        assert.deepEqual([status, json.errors[0].field, json.errors[0].code], [400, name, 'missing']);
      }
    }
    assert.deepEqual(await countRecords(client.desk.store), before);
  });

  test('optional parameters may be left out or null; of a repeated member the last counts; unknown ones are ignored', async () => {
    const client = await openClient(await open());
    const { email_address, given_name, family_name, region_code } = HOLDER;
    const least = { email_address, given_name, family_name, region_code };
    for (const body of [
      JSON.stringify(least),
      JSON.stringify({ ...least, state: null, city: null, phone: null }),
      JSON.stringify({ ...least, common_name: 'evil.test', csr: 'x', __proto__: { a: 1 } }),
      `{"region_code":"US",${JSON.stringify({ ...least, region_code: 'FR' }).slice(1)}`,
      `\uFEFF ${JSON.stringify(least)} `,
    ]) {
      const { path, domains } = await openPlace(client);
      const url = `/v1${path}/ssl_certificate`;
      const reply = await client.raw({ method: 'POST', url, payload: body, headers: { 'content-type': 'text/plain' } });
      assert.equal(reply.status, 202, reply.text);
      const { certificate } = (await client.get(`${path}/ssl_certificate`)).json;
      assert.deepEqual(certificate.domains, [domains[0]?.name]);
      if (!body.startsWith('{"region')) continue;
      const [request] = await client.desk.store.find('requests', { id: certificate.id });
      assert.equal(request?.extra['region'], 'FR');
    }
  });

  test('what is no JSON object is refused, and nothing at all means: as I am known', async () => {
    const client = await openClient(await open());
    const { path } = await openPlace(client);
    const url = `/v1${path}/ssl_certificate`;
    const post = (payload: string) => client.raw({ method: 'POST', url, payload, headers: {} });
    for (const body of ['[]', '"x"', '5', 'null', '{', `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 'a=b']) {
      const reply = await post(body);
      assert.equal(reply.status, 400, body.slice(0, 50));
    }
    const nothing = await post('{}');
    assert.deepEqual([nothing.status, nothing.json.errors.length], [400, 4]);
    assert.equal((await post(`{"a":"${'x'.repeat(1_100_000)}"}`)).status, 413);
    assert.equal((await client.raw({ method: 'POST', url })).status, 202);
    assert.equal((await client.get(`${path}/ssl_certificate`)).json.certificate.status, 'ENABLED');
  });
});
