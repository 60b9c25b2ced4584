import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { openReady, orderFor, PRO, type Client } from './client.ts';

/** Days that pass, with what recurs every hour run once a day. */
async function live({ desk }: Client, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    desk.clock.forward(DAY);
    await desk.office.runAutoOrders();
    await desk.runJobs();
    await desk.office.expireCertificates();
  }
}

forEachStore((open) => {
  test('auto_reissue acts 30 days ahead; a proof that is too old asks for a new random value', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { desk } = client;
    const order = orderFor(domain, organization.id, { certificate: { cert_validity: { days: 100 } } });
    const terms = { order_validity: { years: 2 }, auto_reissue: 1, dcv_method: 'dns-txt-token' };
    const placed = await client.post(PRO, { ...order, ...terms });
    assert.equal(placed.status, 201, placed.text);
    const orderId: number = placed.json.id;
    const info = async () => (await client.get(`/order/certificate/${orderId}`)).json;
    const first = await info();
    assert.equal(first.auto_reissue, 1);
    const requestsOf = () => desk.store.find('requests', { orderId });
    await live(client, 69);
    assert.equal((await requestsOf()).length, 1);
    await live(client, 2);
    const [, reissued] = await requestsOf();
    assert.deepEqual([reissued?.kind, reissued?.state, reissued?.requestedBy], ['reissue', 'completed', 'system']);
    const second = await info();
    assert.notEqual(second.certificate.id, first.certificate.id);
    assert.equal(second.certificate.common_name, domain);
    const [, certificate] = await desk.store.find('certificates', { orderId });
    // Not the 100 days that the first one was asked for: as long as the rules let it at the end of January.
    const life = (certificate?.notAfter as number) - (certificate?.notBefore as number);
    assert.equal(Math.round(life / DAY), 200);

    // In July a proof counts for 100 days, and the one of November is older.
    await live(client, 170);
    const waiting = (await requestsOf()).at(-1);
    assert.deepEqual([waiting?.kind, waiting?.state], ['reissue', 'waiting']);
    assert.equal((await info()).status, 'reissue_pending');
    const [asked] = await desk.store.find('validations', { requestId: waiting?.id as number });
    const [challenge] = asked?.challenges ?? [];
    assert.ok(challenge?.method === 'dns' && challenge.record === 'TXT');
    const details = await desk.store.get('orderDetails', orderId);
    assert.equal(details?.extra['dcvValue'], challenge.value);
    desk.domains.publishRecord('TXT', challenge.name, challenge.value);
    await live(client, 1);
    assert.equal((await info()).status, 'issued');
    desk.clock.forward(HOUR);
    await desk.office.runAutoOrders();
    assert.equal((await requestsOf()).length, 3);
  });

  test('auto_renew buys the order again, and the new one goes on in the same way', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { desk } = client;
    const order = orderFor(domain, organization.id);
    const terms = { order_validity: { days: 90 }, auto_renew: 1, additional_emails: ['ops@acme.test'] };
    const placed = await client.post(PRO, { ...order, ...terms });
    assert.equal(placed.status, 201, placed.text);
    await live(client, 62);
    const [renewal] = await desk.store.find('orders', { renewsOrderId: placed.json.id });
    assert.equal(renewal?.state, 'active');
    const { json } = await client.get(`/order/certificate/${renewal?.id}`);
    assert.equal(json.status, 'issued');
    assert.equal(json.auto_renew, 1);
    assert.deepEqual(json.additional_emails, ['ops@acme.test']);
    assert.equal(json.certificate.common_name, domain);
  });
});
