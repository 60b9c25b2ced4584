/**
 * Calls of a published client of the WP Engine API, which pages, follows links and reads errors in its own way. It
 * knows no certificate calls: what it sees of them is the state of a domain.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { CHANCERY_URL: url, CHANCERY_CREDENTIALS: file, PEER_PACKAGES: packages } = process.env;
const { userId, password, installId, domains } = JSON.parse(readFileSync(file, 'utf8')).wpEngine;
process.env.WPENGINE_USERNAME = userId;
process.env.WPENGINE_PASSWORD = password;
process.env.WPENGINE_API_URL = `${url}/v1`;
const { WPEngineSDK } = createRequire(`${packages}/`)('@elasticapi/wpengine-typescript-sdk');
const sdk = new WPEngineSDK(undefined, undefined, 'Default', { maxRequestsPerSecond: 200 });

/** Calls, tells in one line whether it went well, and gives what came back. */
async function call(what, work) {
  try {
    const answer = await work();
    console.log(`ok ${what}`);
    return answer?.data;
  } catch (error) {
    const said = JSON.stringify(error.response?.data ?? error.message);
    console.log(`not ok ${what}: ${error.response?.status ?? error.name} ${String(said).slice(0, 500)}`);
  }
}

/** A call that has to be refused with this status and a message. */
function refused(what, status, work) {
  return call(what, async () => {
    await assert.rejects(work(), (error) => {
      assert.equal(error.response?.status, status);
      assert.equal(typeof error.response.data.message, 'string');
      return true;
    });
  });
}

await call('status', async () => assert.equal((await sdk.status.status()).data.success, true));
await call('getCurrentUser', async () => assert.match((await sdk.users.getCurrentUser()).data.email, /@/));
const accounts = await call('listAccounts', () => sdk.accounts.listAccounts());
const account = accounts.results[0].id;
await call('getAccount', async () => assert.equal((await sdk.accounts.getAccount(account)).data.id, account));

const made = [];
for (const name of ['One', 'Two', 'Three']) {
  made.push(await call(`createSite ${name}`, () => sdk.sites.createSite({ name, account_id: account })));
}
const first = await call('listSites, two a page', () => sdk.sites.listSites(undefined, 2, 0));
await call('the link to the next page', async () => {
  assert.equal(first.next.startsWith(`${url}/v1/sites?`), true);
  assert.equal(first.results.length, 2);
  assert.equal(first.count >= 4, true);
});
await call('listSites of the account', () => sdk.sites.listSites(undefined, 100, 0, account));
const site = made[0].id;
await call('updateSite', async () => assert.equal((await sdk.sites.updateSite(site, { name: 'Uno' })).data.name, 'Uno'));
await call('getSite', async () => assert.equal((await sdk.sites.getSite(site)).data.name, 'Uno'));
await refused('createSite without a name', 400, () => sdk.sites.createSite({ account_id: account }));

const name = `sdk${process.pid % 100_000}`;
const ask = { name, account_id: account, site_id: site, environment: 'development' };
const install = await call('createInstall', () => sdk.installs.createInstall(ask));
await refused('createInstall of the same name', 400, () => sdk.installs.createInstall(ask));
await call('listInstalls', () => sdk.installs.listInstalls());
await call('getInstall', async () => assert.equal((await sdk.installs.getInstall(install.id)).data.name, name));
const changes = { site_id: made[1].id, environment: 'staging' };
await call('updateInstall', async () => {
  assert.equal((await sdk.installs.updateInstall(install.id, changes)).data.environment, 'staging');
});

// Its wrapper wants the domain once more, inside.
const domain = await call('createDomain', () =>
  sdk.domains.createDomain(install.id, { name: 'sdk-one.test', primary: true, domain: { name: 'sdk-one.test' } }),
);
const bulk = { domains: [{ name: 'sdk-two.test' }, { name: 'sdk-three.test', redirect_to: 'sdk-two.test' }] };
await call('createBulkDomains', () => sdk.domains.createBulkDomains(install.id, bulk));
const listed = await call('listDomains', () => sdk.domains.listDomains(install.id));
await call('what it lists', async () => {
  assert.equal(listed.count, 3);
  assert.equal(listed.results.filter((one) => one.primary).length, 1);
});
await call('getDomain', async () => assert.equal((await sdk.domains.getDomain(install.id, domain.id)).data.primary, true));
const second = listed.results.find((one) => one.name === 'sdk-two.test').id;
await call('updateDomain: primary', () => sdk.domains.updateDomain(install.id, second, { primary: true }));
await call('updateDomain: redirect', () => sdk.domains.updateDomain(install.id, domain.id, { redirect_to: second }));
await call('checkStatus', async () => assert.equal((await sdk.domains.checkStatus(install.id, domain.id)).status, 202));
await refused('checkStatus again', 429, () => sdk.domains.checkStatus(install.id, domain.id));
await call('deleteDomain', async () => {
  assert.equal((await sdk.domains.deleteDomain(install.id, domain.id)).status, 204);
});
await refused('getDomain that is gone', 404, () => sdk.domains.getDomain(install.id, domain.id));
await call('listDomains of the first install', async () => {
  const { data } = await sdk.domains.listDomains(installId);
  assert.deepEqual(data.results.map((one) => one.id), domains.map((one) => one.id));
});

await refused('createBackup, which is not served', 404, () =>
  sdk.backups.createBackup(install.id, { description: 'x', notification_emails: ['a@example.com'] }),
);
await refused('listSshKeys, which is not served', 404, () => sdk.sshKeys.listSshKeys());
await call('deleteInstall', () => sdk.installs.deleteInstall(install.id));
for (const { id } of made) await call('deleteSite', () => sdk.sites.deleteSite(id));
process.env.WPENGINE_PASSWORD = 'wrong';
const stranger = new WPEngineSDK();
await refused('a wrong password', 401, () => stranger.users.getCurrentUser());
