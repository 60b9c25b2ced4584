import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewOrderAsk } from '../../src/core/desk.ts';
import type { InstallOn } from '../../src/core/records.ts';
import { wpEngine } from '../../src/dialects/wp-engine/plugin.ts';
import { askFor, isKind } from '../support/core-world.ts';
import { createTestDesk, newCsr, type TestDesk } from '../support/desk.ts';
import { forEachStore } from '../support/stores.ts';

const DIALECT = 'wp-engine';

async function ask(desk: TestDesk, name: string, installOn: InstallOn, csr?: string): Promise<NewOrderAsk> {
  const { platform, actor, engine } = desk;
  const key = await platform.subscriberKeys.make(actor, { dialect: DIALECT, label: name, type: 'P-256' });
  const made = await platform.subscriberKeys.makeCsr(actor, key.id, { commonName: name, names: [name], subject: {} });
  const read = await engine.pki.readCsr(csr ?? Buffer.from(made).toString('base64'));
  return askFor(name, { dialect: DIALECT, product: 'dv-multi', csr: read, installOn });
}

async function website(desk: TestDesk, name: string) {
  const hosting = desk.platform.hosting(wpEngine);
  const made = await hosting.createWebsite(desk.actor, {
    name: name.split('.')[0] as string,
    groupId: null,
    extra: {},
  });
  const [hostname] = await hosting.addHostnames(desk.actor, made.id, [{ name, extra: {} }]);
  assert.ok(hostname);
  return { hosting, website: made, hostname };
}

forEachStore((open) => {
  test('a certificate is put in place with its key in the transaction that stores it', async () => {
    const desk = await createTestDesk(await open(), wpEngine);
    const { store } = desk;
    const { website: site, hostname } = await website(desk, 'shop.test');
    desk.domains.publishRecord('TXT', '_dcv.shop.test', 'yes');
    const places = { websiteIds: [site.id], hostnameIds: [hostname.id] };
    const placed = await desk.office.desk.placeOrder(desk.actor, await ask(desk, 'shop.test', places));
    assert.ok(placed.certificate);
    const [key] = await store.find('subscriberKeys', {});
    for (const slot of [await store.get('websites', site.id), await store.get('hostnames', hostname.id)]) {
      assert.deepEqual(
        [slot?.certificateId, slot?.keyId, slot?.installedAt],
        [placed.certificate.id, key?.id, desk.clock.now()],
      );
      assert.equal((slot?.certificatePem?.match(/BEGIN CERTIFICATE/g) ?? []).length, 2);
    }
    const events = await store.find('auditEvents', { action: 'certificate.installed' });
    assert.deepEqual(
      events.map(({ actor, target }) => [actor, target]),
      [
        ['system', `website:${site.id}`],
        ['system', `hostname:${hostname.id}`],
      ],
    );
  });

  test('what is gone by then, or whose key is elsewhere, is passed over', async () => {
    const desk = await createTestDesk(await open(), wpEngine);
    const { store, office, actor, clock } = desk;
    const gone = await website(desk, 'gone.test');
    const places = { websiteIds: [gone.website.id], hostnameIds: [gone.hostname.id] };
    await office.desk.placeOrder(actor, await ask(desk, 'gone.test', places));
    await gone.hosting.deleteWebsite(actor, gone.website.id);
    const foreignKey = await website(desk, 'own.test');
    const own = { websiteIds: [foreignKey.website.id], hostnameIds: [] };
    await office.desk.placeOrder(actor, await ask(desk, 'own.test', own, newCsr('own.test')));
    for (const name of ['gone', 'own']) desk.domains.publishRecord('TXT', `_dcv.${name}.test`, 'yes');
    clock.forward(60_000);
    await desk.runJobs();
    assert.equal((await store.find('certificates', {})).length, 2);
    assert.equal((await store.get('websites', foreignKey.website.id))?.certificateId, null);
    assert.deepEqual(await store.find('auditEvents', { action: 'certificate.installed' }), []);
  });

  test('attack: nothing is ordered for the places of another account or another dialect', async () => {
    const desk = await createTestDesk(await open(), wpEngine);
    const { actor: mallory } = await desk.addKey('mallory', 'admin');
    const { website: site, hostname } = await website(desk, 'shop.test');
    const theirs = { ...desk, actor: mallory };
    for (const places of [
      { websiteIds: [site.id], hostnameIds: [] },
      { websiteIds: [], hostnameIds: [hostname.id] },
      { websiteIds: [99_999_999], hostnameIds: [] },
    ]) {
      const asked = await ask(theirs, 'shop.test', places);
      await assert.rejects(desk.office.desk.placeOrder(mallory, asked), isKind('not-found'));
    }
    const elsewhere = { ...(await ask(desk, 'shop.test', { websiteIds: [site.id], hostnameIds: [] })), dialect: 'x' };
    await assert.rejects(desk.office.desk.placeOrder(desk.actor, elsewhere), isKind('not-found'));
    assert.deepEqual(await desk.store.find('orders', {}), []);
  });

  test('by hand: only a key that fits, and only of the account', async () => {
    const desk = await createTestDesk(await open(), wpEngine);
    const { actor, platform, store } = desk;
    const { hosting, website: site, hostname } = await website(desk, 'shop.test');
    desk.domains.publishRecord('TXT', '_dcv.shop.test', 'yes');
    const nowhere = { websiteIds: [], hostnameIds: [] };
    const { certificate } = await desk.office.desk.placeOrder(actor, await ask(desk, 'shop.test', nowhere));
    assert.ok(certificate);
    const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate.der).toString('base64')}\n-----END CERTIFICATE-----\n`;
    const [fitting] = await store.find('subscriberKeys', {});
    const other = await platform.subscriberKeys.make(actor, { dialect: DIALECT, label: 'other', type: 'P-256' });
    const { actor: mallory } = await desk.addKey('mallory', 'admin');
    const foreign = await platform.subscriberKeys.make(mallory, { dialect: DIALECT, label: 'x', type: 'P-256' });
    const put = (keyId: number, hostnameIds?: number[]) =>
      hosting.install(actor, site.id, {
        certificatePem: pem,
        keyId,
        certificateId: certificate.id,
        ...(hostnameIds === undefined ? {} : { hostnameIds }),
      });
    await assert.rejects(put(other.id), isKind('invalid-value'));
    await assert.rejects(put(foreign.id), isKind('not-found'));
    await assert.rejects(put(fitting?.id ?? 0, [hostname.id, 99_999_999]), isKind('not-found'));
    assert.equal((await store.get('hostnames', hostname.id))?.certificateId, null);
    assert.equal((await put(fitting?.id ?? 0)).certificateId, certificate.id);
    await assert.rejects(platform.subscriberKeys.remove(actor, fitting?.id ?? 0), isKind('wrong-state'));
    assert.equal((await hosting.uninstall(actor, site.id)).certificatePem, null);
    assert.equal((await store.get('websites', site.id))?.keyId, null);
  });
});
