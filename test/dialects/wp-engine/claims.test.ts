import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, SECOND } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { type Client, HOLDER, newDomain, openClient, openPlace, stranger } from './client.ts';

const order = (client: Client, path: string) => client.post(`${path}/ssl_certificate`, HOLDER);

const certificateAt = async (client: Client, path: string) =>
  (await client.get(`${path}/ssl_certificate`)).json.certificate;

forEachStore((open) => {
  test('attack: a later claim of another account stops no renewal', async () => {
    const client = await openClient(await open());
    const mallory = await stranger(client);
    const name = newDomain();
    const mine = await openPlace(client, [name]);
    await order(client, mine.path);
    const first = await certificateAt(client, mine.path);
    client.desk.clock.forward(SECOND);
    const theirs = await openPlace(mallory, [name]);
    await order(mallory, theirs.path);
    client.desk.clock.set(Date.parse(first.expires_time) - DAY);
    await client.desk.office.runAutoOrders();
    await client.desk.runJobs();
    const certificate = await certificateAt(client, mine.path);
    assert.deepEqual([certificate.status, certificate.serial_number === first.serial_number], ['ENABLED', false]);
    assert.equal((await certificateAt(mallory, theirs.path)).status, 'REJECTED');
    assert.equal((await client.desk.store.find('certificates', { accountId: mallory.desk.actor.accountId })).length, 0);
  });

  test('attack: an account orders no more certificates a day than it may, and is told until when', async () => {
    const client = await openClient(await open(), { freeOrdersPerDay: 1 });
    const [one, other] = [await openPlace(client), await openPlace(client)];
    assert.equal((await order(client, one.path)).status, 202);
    client.desk.clock.forward(DAY / 2);
    const refused = await order(client, other.path);
    assert.deepEqual([refused.status, refused.headers['retry-after']], [429, String(DAY / 2 / SECOND)]);
    assert.match(refused.json.message, /1 free certificates within 24 hours.*accounts\.freeOrdersPerDay/);
    assert.equal((await client.get(`${other.path}/ssl_certificate`)).status, 404);
    client.desk.clock.forward(DAY / 2);
    assert.equal((await order(client, other.path)).status, 202);
  });
});
