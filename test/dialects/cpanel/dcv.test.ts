import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Challenge } from '../../../src/core/records.ts';
import { forEachStore } from '../../support/stores.ts';
import type { Client } from './client.ts';
import { addWebsite, openShop, otherAccount } from './ssl-world.ts';

/** What was looked for. */
function watch(client: Client): Challenge[] {
  const seen: Challenge[] = [];
  const { check } = client.desk.domains;
  client.desk.domains.check = async (challenges) => {
    seen.push(...challenges);
    return check(challenges);
  };
  return seen;
}

forEachStore((open) => {
  test('a file is really published, fetched and taken away', async () => {
    const client = await openShop(await open());
    const seen = watch(client);
    const asked = { 'domain-0': 'www.shop.test', 'domain-1': 'shop.test' };
    const results = await client.data('DCV::check_domains_via_http', asked);
    const passed = { failure_reason: null, redirects: [], redirects_count: 0 };
    assert.deepEqual(results, [
      { domain: 'www.shop.test', ...passed },
      { domain: 'shop.test', ...passed },
    ]);
    const [first] = seen;
    assert.ok(first?.method === 'http');
    assert.match(first.path, /^\/\.well-known\/pki-validation\/[A-Z0-9]{100}$/);
    assert.deepEqual(await client.desk.store.find('challengeAnswers', {}), []);
    assert.deepEqual(
      await client.data('DCV::ensure_domains_can_pass_dcv', { domain: ['shop.test', 'www.shop.test'] }),
      [null, null],
    );
  });

  test('the file has the form that a provider asks for', async () => {
    const client = await openShop(await open());
    const seen = watch(client);
    await client.data('DCV::check_domains_via_http', {
      domain: 'shop.test',
      dcv_file_allowed_characters: ['0', '1', 'A', 'F'],
      dcv_file_extension: 'txt',
      dcv_file_random_character_count: 32,
      dcv_file_relative_path: '.well-known/acme',
      dcv_max_redirects: 2,
      dcv_user_agent_string: 'COMODO DCV',
    });
    const [first] = seen;
    assert.ok(first?.method === 'http');
    assert.match(first.path, /^\/\.well-known\/acme\/[01AF]{32}\.txt$/);
  });

  const HOPS: [string, unknown[], string, RegExp | null, number][] = [
    [
      'not found',
      [{ url: 'http://shop.test/x', status: 404 }],
      'not-found',
      /responded with the following error: 404 \(Not Found\)\. A DNS/,
      0,
    ],
    ['unreachable', [{ url: 'http://shop.test/x' }], 'unreachable', /but it failed: It did not work\./, 0],
    ['redirected', [{ status: 301, location: 'http://www.shop.test/x' }, { status: 200 }], 'passed', null, 1],
    [
      'redirected too often',
      [1, 2, 3].map((at) => ({ status: 302, location: `http://www.shop.test/${at}` })),
      'passed',
      /redirected it 3 times/,
      3,
    ],
  ];
  for (const [what, hops, outcome, reason, redirects] of HOPS) {
    test(`a file that is ${what} is told as it was found`, async () => {
      const client = await openShop(await open());
      client.desk.domains.check = async () => ({
        outcome: outcome as 'passed',
        message: 'It did not work',
        evidence: { hops },
      });
      const sent = { domain: 'shop.test', dcv_max_redirects: 2 };
      const [result] = await client.data('DCV::check_domains_via_http', sent);
      if (reason === null) assert.equal(result.failure_reason, null);
      else assert.match(result.failure_reason, reason);
      assert.deepEqual([result.redirects_count, result.redirects.length], [redirects, redirects]);
      if (redirects > 0) assert.equal(result.redirects[0].headers.location.startsWith('http://www.shop.test/'), true);
    });
  }

  test('the record is taken away also where the look at it fails', async () => {
    const client = await openShop(await open());
    client.desk.domains.check = async () => {
      throw new Error('the network is gone');
    };
    assert.equal((await client.call('DCV::check_domains_via_http', { domain: 'shop.test' })).status, 0);
    assert.deepEqual(await client.desk.store.find('challengeAnswers', {}), []);
  });

  test('a TXT record is found where the zone leads to the platform, and told where not', async () => {
    const client = await openShop(await open());
    const [missed] = await client.data('DCV::check_domains_via_dns', { domain: 'www.shop.test' });
    assert.match(missed.dcv_string, /^_dcv-test-record=[A-Za-z0-9_-]{64}$/);
    assert.deepEqual([missed.succeeded, missed.query_results, missed.zone], [0, [], 'shop.test']);
    assert.equal(
      missed.failure_reason,
      'The DNS query to _dcv-test-record.shop.test for the DCV challenge returned no TXT record that matches the ' +
        `value ${missed.dcv_string}.`,
    );
    client.desk.domains.check = async ([challenge]) => {
      assert.ok(challenge?.method === 'dns');
      const [answer] = await client.desk.store.find('challengeAnswers', { kind: 'dns', name: challenge.name });
      const found = answer?.value === challenge.value;
      return { outcome: found ? 'passed' : 'not-found', message: '', evidence: {} };
    };
    const [found] = await client.data('DCV::check_domains_via_dns', { domain: 'shop.test' });
    assert.deepEqual([found.succeeded, found.failure_reason, found.query_results], [1, null, [found.dcv_string]]);
    assert.deepEqual(await client.desk.store.find('challengeAnswers', {}), []);
  });

  test('a wildcard has no file', async () => {
    const client = await openShop(await open());
    await addWebsite(client, 'pay.test', ['pay.test', '*.pay.test']);
    const [result] = await client.data('DCV::check_domains_via_http', { domain: '*.pay.test' });
    assert.equal(result.failure_reason, 'A wildcard domain cannot pass an HTTP-based DCV check.');
  });

  test('nothing is published for names of nobody, of others, or that others claim', async () => {
    const client = await openShop(await open());
    const other = await otherAccount(client);
    const [account] = await client.desk.store.find('accounts', { handle: other.user });
    await addWebsite(other, 'stolen', ['shop.test'], account?.id);
    const seen = watch(client);
    for (const name of ['DCV::check_domains_via_http', 'DCV::check_domains_via_dns'] as const) {
      assert.deepEqual(await other.errors(name, { domain: ['globex.test', 'www.shop.test', 'nobody.test'] }), [
        'The user “globex” does not own the domain “www.shop.test”.',
        'The user “globex” does not own the domain “nobody.test”.',
      ]);
    }
    const [result] = await other.data('DCV::check_domains_via_http', { domain: 'shop.test' });
    assert.match(result.failure_reason, /^Another account claims the domain “shop\.test”/);
    assert.deepEqual(seen, []);
  });

  const BAD: Record<string, string>[] = [
    { dcv_file_relative_path: '../etc' },
    { dcv_file_relative_path: '.well-known/../x' },
    { dcv_file_relative_path: 'a b' },
    { dcv_file_relative_path: 'a?b' },
    { dcv_file_relative_path: 'a'.repeat(300) },
    { dcv_file_random_character_count: '0' },
    { dcv_file_random_character_count: '100000' },
    { dcv_file_extension: '/x' },
    { dcv_file_allowed_characters: '/.' },
    { dcv_file_allowed_characters: 'A' },
    { dcv_max_redirects: '-1' },
  ];
  for (const change of BAD) {
    test(`no file of such a form: ${JSON.stringify(change).slice(0, 60)}`, async () => {
      const client = await openShop(await open());
      const seen = watch(client);
      const [error] = await client.errors('DCV::check_domains_via_http', { domain: 'shop.test', ...change });
      assert.equal(error, `The “${Object.keys(change)[0]}” argument is not valid.`);
      assert.deepEqual(seen, []);
    });
  }

  test('not more than a hundred domains are looked at in one call', async () => {
    const client = await openShop(await open());
    const domain = Array.from({ length: 101 }, () => 'shop.test');
    assert.deepEqual(await client.errors('DCV::check_domains_via_http', { domain }), [
      'There are more than 100 domains.',
    ]);
  });
});
