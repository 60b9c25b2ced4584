import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '../../../src/core/time.ts';
import { saveWebhook } from '../../../src/notify/webhook-settings.ts';
import type { OutgoingFetch } from '../../../src/notify/webhooks.ts';
import { createAddressGuard } from '../../../src/validation/address-guard.ts';
import { createGuardedFetch } from '../../../src/validation/guarded-fetch.ts';
import { forEachStore } from '../../support/stores.ts';
import { type Client, codeOf, issued, type Json, newDomain, openReady, orderFor, PRO, setSettings } from './client.ts';

const ENDPOINT = 'https://hooks.example.com/in';
const SECRET = 'a secret of more than thirty-two characters';
const ALL = [
  'certificate_issued',
  'certificate_revoked',
  'order_rejected',
  'domain_validated',
  'organization_validated',
];

interface Post {
  url: string;
  headers: Record<string, string>;
  body: Json;
}

/** What arrives behind the address of the webhook. */
function receive(client: Client, status = () => 204): Post[] {
  const posts: Post[] = [];
  client.desk.outgoing.fetch = async (url, { headers, body }) => {
    posts.push({ url, headers, body: JSON.parse(Buffer.from(body).toString()) });
    return { status: status() };
  };
  return posts;
}

/** What `send-challenge` has sent. */
function tokenOf(post: Post | undefined): string {
  assert.equal(post?.body.event, 'challenge_webhook_endpoint');
  return post?.body.data.token;
}

/** A webhook that is challenged and active. */
async function activeWebhook(client: Client, posts: Post[], changes: object = {}): Promise<number> {
  const made = await client.post('/webhook', { endpoint: ENDPOINT, secret: SECRET, events: ALL, ...changes });
  assert.equal(made.status, 201, made.text);
  const id: number = made.json.webhook_id;
  assert.equal((await client.put(`/webhook/${id}/send-challenge`)).status, 204);
  const token = tokenOf(posts.at(-1));
  assert.equal((await client.put(`/webhook/${id}/check-challenge`, { token })).status, 204);
  assert.equal((await client.put(`/webhook/${id}/activate`)).status, 204);
  posts.length = 0;
  return id;
}

/** An order that needs a proof, and gets it. */
async function issuedLater(client: Client, organizationId: number): Promise<Json> {
  const domain = newDomain();
  const placed = await client.post(PRO, orderFor(domain, organizationId, { dcv_method: 'dns-txt-token' }));
  client.desk.domains.publishRecord('TXT', domain, placed.json.dcv_random_value);
  const checked = await client.put(`/order/certificate/${placed.json.id}/check-dcv`);
  assert.equal(checked.json.order_status, 'issued', checked.text);
  return { order_id: placed.json.id, certificate_id: checked.json.certificate_id };
}

forEachStore((open) => {
  test('a webhook is set, challenged, activated, and told with its key', async () => {
    const { client, organization } = await openReady(await open());
    const posts = receive(client);
    assert.deepEqual((await client.get('/webhook')).json, { webhooks: [] });
    const made = await client.post('/webhook', {
      endpoint: ENDPOINT,
      secret: SECRET,
      webhook_settings: { webhook_notification_frequency: [90, '30', -7] },
    });
    const path = `/webhook/${made.json.webhook_id}`;
    assert.equal(codeOf(await client.put(`${path}/activate`)), 'webhook_not_verified');
    assert.equal((await client.put(`${path}/send-challenge`)).status, 204);
    assert.equal(posts[0]?.body.event, 'challenge_webhook_endpoint');
    assert.equal(posts[0]?.body.data.webhook_id, made.json.webhook_id);
    assert.equal(posts[0]?.headers['x-webhook-key'], SECRET);
    const token = tokenOf(posts[0]);
    for (const bad of [undefined, '', 'x', `${token}x`]) {
      assert.equal(codeOf(await client.put(`${path}/check-challenge`, { token: bad })), 'webhook_invalid_token');
    }
    assert.equal((await client.put(`${path}/check-challenge`, { token })).status, 204);
    assert.equal(codeOf(await client.put(`${path}/check-challenge`, { token })), 'webhook_invalid_token', 'only once');
    assert.equal((await client.get(path)).json.status, 'inactive');
    await issuedLater(client, organization.id);
    client.desk.clock.forward(1);
    assert.equal((await client.put(`${path}/activate`)).status, 204);
    assert.deepEqual((await client.get(path)).json, {
      id: made.json.webhook_id,
      endpoint: ENDPOINT,
      events: ['certificate_issued'],
      status: 'active',
      webhook_settings: {
        instant_issue_webhook_notification: '0',
        webhook_notification_frequency: [90, 30, -7],
        webhook_send_certificate_chain: '0',
        webhook_send_instant_issued_certificate_chain: '0',
      },
    });
    client.desk.clock.forward(MINUTE);
    const data = await issuedLater(client, organization.id);
    posts.length = 0;
    await client.desk.runWebhooks();
    assert.deepEqual(
      posts.map((post) => post.body),
      [{ event: 'certificate_issued', data }],
      'and not what was issued before it was active',
    );
    assert.equal(posts[0]?.url, ENDPOINT);
    assert.equal(posts[0]?.headers['x-webhook-key'], SECRET);
    assert.equal((await client.put(`${path}/deactivate`)).status, 204);
    await issuedLater(client, organization.id);
    posts.length = 0;
    await client.desk.runWebhooks();
    assert.deepEqual(posts, []);
    assert.equal((await client.delete(path)).status, 204);
    assert.equal(codeOf(await client.get(path)), 'not_found|webhook');
  });

  test('what was issued at once is told only where that is wanted, with its chain where that is', async () => {
    const { client, organization, domain } = await openReady(await open());
    const posts = receive(client);
    const id = await activeWebhook(client, posts);
    const told = async (): Promise<Json[]> => {
      posts.length = 0;
      await client.desk.runWebhooks();
      return posts.map((post) => post.body.data);
    };
    await issued(client, domain, organization.id);
    assert.deepEqual(await told(), []);
    await client.put(`/webhook/${id}`, { webhook_settings: { instant_issue_webhook_notification: '1' } });
    const { orderId, certificateId } = await issued(client, domain, organization.id);
    assert.deepEqual(await told(), [{ order_id: orderId, certificate_id: certificateId }]);
    const settings = { webhook_send_instant_issued_certificate_chain: true, webhook_send_certificate_chain: 1 };
    await client.put(`/webhook/${id}`, { webhook_settings: settings });
    const instant = await issued(client, domain, organization.id);
    assert.deepEqual((await told())[0].certificate_chain, instant.json.certificate_chain);
    await issuedLater(client, organization.id);
    const [later] = await told();
    assert.equal(later.certificate_chain.length, 3);
    assert.match(later.certificate_chain[0].pem, /^-----BEGIN CERTIFICATE-----\r\n/);
    const { webhook_settings: shown } = (await client.get(`/webhook/${id}`)).json;
    assert.deepEqual(Object.values(shown), ['1', [], '1', '1']);
  });

  test('revocations, rejections, domains and organizations are told; events that were not asked for are not', async () => {
    const { client, organization } = await openReady(await open());
    const posts = receive(client);
    const id = await activeWebhook(client, posts);
    const data = await issuedLater(client, organization.id);
    const revoked = await client.put(`/certificate/${data.certificate_id}/revoke`, { skip_approval: true });
    assert.equal(revoked.status, 204, revoked.text);
    await setSettings(client, { approval: 'required' });
    const asked = await client.post(PRO, orderFor(newDomain(), organization.id));
    const requestId = asked.json.requests[0].id;
    assert.equal((await client.put(`/request/${requestId}/status`, { status: 'rejected' })).status, 204);
    const name = newDomain();
    const kept = (await client.post('/domain', { name, dcv_method: 'dns-txt-token' })).json;
    client.desk.domains.publishRecord('TXT', name, kept.dcv_token.token);
    assert.equal((await client.put(`/domain/${kept.id}/dcv/validate-token`)).status, 200);
    await client.desk.runWebhooks();
    assert.deepEqual(
      posts.map((post) => post.body),
      [
        { event: 'certificate_issued', data },
        { event: 'certificate_revoked', data },
        { event: 'order_rejected', data: { order_id: asked.json.id } },
        { event: 'domain_validated', data: { domain_id: kept.id, domain_name: name } },
      ],
    );
    await client.put(`/webhook/${id}`, { events: ['order_rejected'] });
    posts.length = 0;
    await setSettings(client, { approval: 'none' });
    await issuedLater(client, organization.id);
    await client.desk.runWebhooks();
    assert.deepEqual(posts, []);
    const open_ = await client.desk.store.find('notifications', { deliveredAt: null });
    assert.deepEqual(open_, [], 'what nobody wants does not hold up what comes after');
  });

  test('a failed delivery is tried again', async () => {
    const { client, organization } = await openReady(await open());
    let status = 200;
    const posts = receive(client, () => status);
    await activeWebhook(client, posts);
    await issuedLater(client, organization.id);
    status = 500;
    await client.desk.runWebhooks();
    await client.desk.runWebhooks();
    assert.equal(posts.length, 1, 'not before its time');
    client.desk.clock.forward(10_000);
    status = 204;
    await client.desk.runWebhooks();
    assert.equal(posts.length, 2);
    assert.deepEqual(posts[0]?.body, posts[1]?.body);
  });

  test('one that has stalled is activated again, and told what it has missed', async () => {
    const { client, organization } = await openReady(await open());
    let status = 200;
    const posts = receive(client, () => status);
    const id = await activeWebhook(client, posts);
    status = 500;
    const data = await issuedLater(client, organization.id);
    for (let round = 0; round < 7; round += 1) {
      client.desk.clock.forward(15 * MINUTE);
      await client.desk.runWebhooks();
    }
    assert.equal((await client.get(`/webhook/${id}`)).json.status, 'inactive');
    status = 200;
    posts.length = 0;
    assert.equal((await client.put(`/webhook/${id}/activate`)).status, 204);
    await client.desk.runWebhooks();
    assert.deepEqual(
      posts.map((post) => post.body.data),
      [data],
    );
  });

  test("the operator's own webhook sends the key that the command line has shown", async () => {
    const { client, organization } = await openReady(await open());
    const posts = receive(client);
    const { store, clock, actor } = client.desk;
    const { webhook_id: id } = (await client.post('/webhook', { endpoint: ENDPOINT, secret: SECRET })).json;
    const key = Uint8Array.from({ length: 32 }, (_, index) => 200 + index);
    const seal = client.desk.seal;
    await saveWebhook(
      { store, clock, seal, allowHttp: false },
      { accountId: actor.accountId, dialect: 'digicert', url: ENDPOINT, key, basic: null },
    );
    const [kept] = await store.find('webhooks', { id });
    assert.equal(kept?.state, 'active');
    await issuedLater(client, organization.id);
    await client.desk.runWebhooks();
    assert.equal(posts[0]?.headers['x-webhook-key'], Buffer.from(key).toString('base64'));
  });

  test('a new address is challenged anew, and a challenge counts for 30 minutes', async () => {
    const { client, organization } = await openReady(await open());
    const posts = receive(client);
    const id = await activeWebhook(client, posts);
    const path = `/webhook/${id}`;
    assert.equal((await client.put(path, { endpoint: 'https://other.example.com/' })).status, 204);
    assert.equal((await client.get(path)).json.status, 'pending');
    assert.equal(codeOf(await client.put(`${path}/activate`)), 'webhook_not_verified');
    await issuedLater(client, organization.id);
    await client.desk.runWebhooks();
    assert.equal(posts.length, 0);
    await client.put(`${path}/send-challenge`);
    const token = tokenOf(posts.at(-1));
    client.desk.clock.forward(30 * MINUTE);
    assert.equal(codeOf(await client.put(`${path}/check-challenge`, { token })), 'webhook_invalid_token');
    await client.put(`${path}/send-challenge`);
    const second = tokenOf(posts.at(-1));
    assert.notEqual(second, token);
    assert.equal((await client.put(`${path}/check-challenge`, { token: second })).status, 204);
  });

  test('one webhook for an account, of its own; bad ones are refused', async () => {
    const { client } = await openReady(await open());
    receive(client);
    const bad = [
      [{ endpoint: 'http://hooks.example.com/' }, 'webhook_invalid_endpoint'],
      [{ endpoint: 'ftp://hooks.example.com/' }, 'webhook_invalid_endpoint'],
      [{ endpoint: 'https://user:password@hooks.example.com/' }, 'webhook_invalid_endpoint'],
      [{ endpoint: 'nowhere' }, 'webhook_invalid_endpoint'],
      [{ secret: 'x'.repeat(31) }, 'invalid_value:secret'],
      [{ secret: `${'x'.repeat(40)}\r\nHost: evil` }, 'invalid_value:secret'],
      [{ secret: `${'x'.repeat(40)}é` }, 'invalid_value:secret'],
      [{ events: ['everything'] }, 'invalid_value:events[0]'],
      [
        { webhook_settings: { webhook_notification_frequency: [5] } },
        'invalid_value:webhook_settings.webhook_notification_frequency[0]',
      ],
    ] as const;
    for (const [changes, code] of bad) {
      const reply = await client.post('/webhook', { endpoint: ENDPOINT, ...changes });
      assert.equal(codeOf(reply), code, JSON.stringify(changes));
    }
    assert.equal(codeOf(await client.post('/webhook', {})), 'missing_value:endpoint');
    const { webhook_id: id } = (await client.post('/webhook', { endpoint: ENDPOINT })).json;
    assert.equal(codeOf(await client.post('/webhook', { endpoint: ENDPOINT })), 'webhook_configured_already');
    const other = client.as((await client.desk.addKey('other', 'admin')).secret);
    for (const [method, end] of [
      ['get', ''],
      ['put', ''],
      ['delete', ''],
      ['put', '/activate'],
      ['put', '/deactivate'],
      ['put', '/send-challenge'],
      ['put', '/check-challenge'],
    ] as const) {
      const stranger = await other[method](`/webhook/${id}${end}`, {} as never);
      assert.equal(codeOf(stranger), 'not_found|webhook');
      assert.equal(stranger.text, (await other[method](`/webhook/987654321${end}`, {} as never)).text);
    }
    assert.equal((await other.post('/webhook', { endpoint: ENDPOINT })).status, 201);
  });

  test('the secret is sealed at rest, and stands in no answer, no log and no audit trail', async () => {
    const { client } = await openReady(await open());
    const posts = receive(client);
    const id = await activeWebhook(client, posts);
    const texts = [
      (await client.get('/webhook')).text,
      (await client.get(`/webhook/${id}`)).text,
      JSON.stringify(await client.desk.store.find('auditEvents', {})),
      (await client.post('/webhook', { endpoint: ENDPOINT, secret: SECRET })).text,
      (await client.put(`/webhook/${id}`, { endpoint: 'nowhere', secret: SECRET })).text,
    ];
    for (const text of texts) assert.ok(!text.includes(SECRET), text);
    const [kept] = await client.desk.store.find('webhooks', {});
    assert.ok(kept && !Buffer.from(kept.encryptedKey).includes(SECRET));
    assert.ok(!JSON.stringify(kept.settings).includes(SECRET));
    const changed = `${SECRET} and another`;
    assert.equal((await client.put(`/webhook/${id}`, { secret: changed })).status, 204);
    await client.put(`/webhook/${id}/send-challenge`);
    assert.equal(posts.at(-1)?.headers['x-webhook-key'], changed);
  });

  test('a test event goes to any public address; internal ones are not called, and tell nothing', async () => {
    const { client } = await openReady(await open());
    const posts = receive(client);
    assert.equal((await client.post('/webhook/test-endpoint', { endpoint: ENDPOINT })).status, 200);
    assert.deepEqual(posts[0]?.body, { event: 'test_webhook_endpoint' });
    assert.equal('x-webhook-key' in (posts[0]?.headers ?? {}), false, 'no header without a secret');
    const failing: OutgoingFetch[] = [
      async () => ({ status: 500 }),
      async () => ({ status: 302 }),
      () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:443')),
    ];
    for (const fetch of failing) {
      client.desk.outgoing.fetch = fetch;
      const reply = await client.post('/webhook/test-endpoint', { endpoint: ENDPOINT });
      assert.equal(codeOf(reply), 'webhook_endpoint_error');
      assert.ok(!reply.text.includes('10.0.0.7') && !reply.text.includes('500'), 'what lies behind is not told');
    }
    client.desk.outgoing.fetch = createGuardedFetch({ guard: createAddressGuard({ allow: [] }) });
    for (const host of [
      '127.0.0.1',
      '[::1]',
      '169.254.169.254',
      '10.0.0.1',
      '192.168.0.1',
      '[fd00::1]',
      '0.0.0.0',
      '2130706433',
      '[::ffff:127.0.0.1]',
    ]) {
      const reply = await client.post('/webhook/test-endpoint', { endpoint: `https://${host}/latest/meta-data` });
      assert.equal(codeOf(reply), 'webhook_endpoint_error', host);
    }
    const { webhook_id: id } = (await client.post('/webhook', { endpoint: 'https://127.0.0.1/' })).json;
    assert.equal(codeOf(await client.put(`/webhook/${id}/send-challenge`)), 'webhook_endpoint_error');
  });

  test('ends of validations are told ahead, at the end and after it, each once', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { clock, store, office } = client.desk;
    const posts = receive(client);
    const kept = await client.post('/domain', { name: `kept.${domain}`, dcv_method: 'dns-txt-token' });
    client.desk.domains.publishRecord('TXT', `kept.${domain}`, kept.json.dcv_token.token);
    assert.equal((await client.put(`/domain/${kept.json.id}/dcv/validate-token`)).status, 200);
    const events = [
      'domain_expired',
      'domain_revalidation_notice',
      'organization_expired',
      'organization_revalidation_notice',
    ];
    await activeWebhook(client, posts, {
      events,
      webhook_settings: { webhook_notification_frequency: [60, 7, 0, -7] },
    });
    const told: [string, string][] = [];
    for (let day = 0; day < 420; day += 1) {
      clock.forward(86_400_000);
      // As the server does it: again and again, and after a restart.
      for (let run = 0; run < 2; run += 1) await office.sendValidationNotices();
      await client.desk.runWebhooks();
      for (const { body } of posts.splice(0)) {
        told.push([
          new Date(clock.now()).toISOString().slice(0, 10),
          `${body.event} ${body.data.domain_id ?? body.data.organization_id}`,
        ]);
      }
    }
    // The rules of 2027-03-15 let no domain validation be older than 100 days.
    const ofDomain = told.filter(([, text]) => text.startsWith('domain'));
    assert.deepEqual(ofDomain, [
      ['2027-01-14', `domain_revalidation_notice ${kept.json.id}`],
      ['2027-03-08', `domain_revalidation_notice ${kept.json.id}`],
      ['2027-03-15', `domain_expired ${kept.json.id}`],
      ['2027-03-22', `domain_revalidation_notice ${kept.json.id}`],
    ]);
    const ofOrganization = told.filter(([, text]) => text.startsWith('organization'));
    assert.deepEqual(ofOrganization, [
      ['2027-10-26', `organization_revalidation_notice ${organization.id}`],
      ['2027-12-18', `organization_revalidation_notice ${organization.id}`],
      ['2027-12-25', `organization_expired ${organization.id}`],
      ['2028-01-01', `organization_revalidation_notice ${organization.id}`],
    ]);
    const all = await store.find('notifications', { kind: ['domain-ending', 'domain-ended'] });
    assert.deepEqual(
      all.map(({ days }) => days).toSorted((left, right) => Number(right) - Number(left)),
      [90, 60, 30, 7, 0, -7],
    );
  });

  test('what is proved again, or kept no more, is told of no more; where nobody chose days, the usual ones hold', async () => {
    const { client, domain } = await openReady(await open());
    const { clock, store, office } = client.desk;
    const posts = receive(client);
    const kept = await client.post('/domain', { name: `kept.${domain}`, dcv_method: 'dns-txt-token' });
    const prove = async (): Promise<void> => {
      const [validation] = await store.find('validations', { domainId: kept.json.id });
      await store.transact((unit) =>
        unit.update('validations', validation?.id as number, { state: 'valid', validatedAt: clock.now() }),
      );
    };
    await prove();
    await activeWebhook(client, posts, { events: ['domain_revalidation_notice', 'domain_expired'] });
    await office.sendValidationNotices();
    clock.set(Date.parse('2027-02-20T00:00:00Z'));
    assert.equal((await office.sendValidationNotices()) > 0, true);
    // A month passed without a run: one notice, not three.
    await client.desk.runWebhooks();
    assert.deepEqual(
      posts.splice(0).map(({ body }) => [body.event, body.data]),
      [['domain_revalidation_notice', { domain_id: kept.json.id, domain_name: `kept.${domain}` }]],
    );
    await prove();
    clock.set(Date.parse('2027-03-20T00:00:00Z'));
    await office.sendValidationNotices();
    const notices = await store.find('notifications', { domainId: kept.json.id });
    assert.deepEqual(
      notices.slice(-2).map(({ days, message }) => [days, message.slice(-10)]),
      [
        [30, '2027-03-15'],
        [90, '2027-05-31'],
      ],
    );
    await client.desk.runWebhooks();
    posts.length = 0;
    await client.put(`/domain/${kept.json.id}/deactivate`);
    clock.set(Date.parse('2027-06-20T00:00:00Z'));
    await office.sendValidationNotices();
    await client.desk.runWebhooks();
    assert.deepEqual(posts, []);
  });
});
