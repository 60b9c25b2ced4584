import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config/load.ts';
import { readDelivered } from '../../../src/issuers/acme/delivered.ts';
import { readDirectory } from '../../../src/issuers/acme/directory.ts';
import { sameNames } from '../../../src/issuers/acme/identifiers.ts';
import { openAcme } from '../../../src/issuers/acme/issuer.ts';
import { readAccount, readAuthorization, readOrder } from '../../../src/issuers/acme/objects.ts';
import { AcmeError, describeProblem, readProblem, verdictOf } from '../../../src/issuers/acme/problems.ts';
import { readProgress, written } from '../../../src/issuers/acme/progress.ts';
import { readRenewalInfo } from '../../../src/issuers/acme/renewal-info.ts';
import { nextLook, readRetryAfter } from '../../../src/issuers/acme/retry-after.ts';
import { accountOf } from '../../../src/issuers/acme/step.ts';
import { createUrlRule } from '../../../src/issuers/acme/urls.ts';
import { random, sqliteWorld, START } from './acme-world.ts';

const rule = createUrlRule('https://ca.test/directory');
const order = {
  status: 'pending',
  identifiers: [{ type: 'dns', value: 'a.test' }],
  authorizations: ['https://ca.test/authz/1'],
  finalize: 'https://ca.test/finalize/1',
};
const authorization = {
  status: 'pending',
  identifier: { type: 'dns', value: 'a.test' },
  challenges: [{ type: 'http-01', url: 'https://ca.test/chall/1', status: 'pending', token: 'abc' }],
};

const READERS = [
  (value: unknown) => readOrder(value, 'https://ca.test/order/1', rule),
  (value: unknown) => readAuthorization(value, 'https://ca.test/authz/1', rule),
  (value: unknown) => readAccount(value, 'https://ca.test/account/1'),
  (value: unknown) => readDirectory(value, rule),
  (value: unknown) => readRenewalInfo(value),
  (value: unknown) => readProblem(value, 400),
];

test('whatever a CA answers is read, or refused as an answer of a CA', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const read of READERS) {
        try {
          read(value);
        } catch (error) {
          assert.ok(error instanceof AcmeError, String(error));
        }
      }
    }),
  );
});

test('one member of an order or authorization changed to anything is read, or refused so', () => {
  const member = (of: object) => fc.constantFrom('certificate', ...Object.keys(of));
  const any = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      'valid',
      'expired',
      'http://169.254.169.254/',
      'https://evil.test/x',
      '//evil.test',
      'http://ca.test/',
    ),
  );
  const urlsOf = (read: () => readonly (string | null)[]): readonly (string | null)[] => {
    try {
      return read();
    } catch (error) {
      assert.ok(error instanceof AcmeError, String(error));
      return [];
    }
  };
  fc.assert(
    fc.property(member(order), member(authorization), any, (one, other, value) => {
      const urls = [
        ...urlsOf(() => {
          const read = readOrder({ ...order, [one]: value }, 'https://ca.test/order/1', rule);
          return [read.finalize, read.certificate, ...read.authorizations];
        }),
        ...urlsOf(() => {
          const read = readAuthorization({ ...authorization, [other]: value }, 'https://ca.test/authz/1', rule);
          return read.challenges.map(({ url }) => url);
        }),
      ];
      for (const url of urls) assert.ok(url === null || url.startsWith('https://ca.test/'), String(url));
    }),
  );
});

test('problems are bounded and clean, whatever they hold', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 3_000 }),
      fc.array(fc.jsonValue(), { maxLength: 40 }),
      (text, more) => {
        const problem = readProblem(
          {
            type: text,
            detail: text,
            subproblems: [...more, { type: text, detail: text, identifier: { value: text } }],
          },
          400,
        );
        const told = describeProblem(problem);
        assert.ok(told.length <= 2_000, String(told.length));
        assert.doesNotMatch(told + problem.type, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
      },
    ),
  );
});

test('a token that could leave its path is no token', () => {
  for (const token of ['../x', 'a/b', 'a b', '', 'ä', 'a'.repeat(300), 7, null, 'a\n']) {
    const [challenge] = [{ ...authorization.challenges[0], token }];
    const read = readAuthorization({ ...authorization, challenges: [challenge] }, 'https://ca.test/authz/1', rule);
    assert.equal(read.challenges[0]?.token, null, String(token));
  }
});

test('Retry-After: seconds, dates, nonsense, and what would keep the desk for ever', () => {
  const at = (header: string | undefined) => {
    const until = readRetryAfter(header, START);
    return until === null ? null : (until - START) / 1_000;
  };
  assert.deepEqual(
    ['0', '120', ' 7 ', 'Sun, 22 Nov 2026 10:01:00 GMT', 'Sun, 22 Nov 2020 10:01:00 GMT', '999999999'].map(at),
    [0, 120, 7, 60, 0, 30 * 86_400],
  );
  for (const header of ['', '-1', '1.5', '1e9', 'soon', '2026-11-22', '99999999999', '12 hours']) {
    assert.equal(at(header), null, header);
  }
  assert.equal(at(undefined), null);
  for (let looks = 0; looks < 20; looks += 1) {
    const wait = nextLook(START, looks, null, random, 900_000) - START;
    assert.ok(wait >= 1_000 && wait <= 33_000, `${looks} ${wait}`);
  }
  assert.ok(nextLook(START, 0, START + 86_400_000, random, 900_000) - START <= 990_000);
});

test('errors without an ACME type: away where it is not the client’s fault', () => {
  const verdict = (type: string, status: number) =>
    verdictOf(new AcmeError('x', { problem: readProblem({ type, detail: '' }, status) }));
  assert.equal(verdict('about:blank', 404), 'wait');
  assert.equal(verdict('https://ca.test/odd', 400), 'refused');
  assert.equal(verdict('https://ca.test/odd', 503), 'wait');
  assert.equal(verdict('urn:ietf:params:acme:error:toString', 400), 'refused');
  assert.equal(verdictOf(new AcmeError('no answer')), 'wait');
});

test('progress is read back as it was written, and begins where there is none', () => {
  const begun = readProgress(null);
  assert.deepEqual(readProgress({ ...written(begun), resumeAt: 7 }), begun);
  assert.equal(begun.stage, 'place');
});

test('a chain is PEM blocks and nothing between them', () => {
  const block = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  assert.equal(readDelivered(block + block)?.above.length, 1);
  assert.equal(readDelivered(`${block}\r\n\r\n${block}`)?.above.length, 1);
  for (const text of [
    '',
    'x',
    `${block}x`,
    block.repeat(11),
    `-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n${block}`,
  ]) {
    assert.equal(readDelivered(text), null);
  }
  assert.ok(sameNames(['a', 'b'], ['b', 'a', 'a']) && !sameNames(['a'], ['a', 'b']));
});

test('the client orders addresses (RFC 8738)', async (t) => {
  const world = await sqliteWorld(t);
  const acme = openAcme(world.parts);
  const account = await accountOf(acme);
  const identifiers = [{ type: 'ip', value: '192.0.2.7' } as const, { type: 'dns', value: 'a.test' } as const];
  const made = await acme.client.newOrder(account, { identifiers, profile: null, replaces: null });
  assert.deepEqual(made.identifiers, identifiers);
  const [url = ''] = made.authorizations;
  const { object } = await acme.client.authorization(account, url);
  assert.deepEqual(object.identifier, { type: 'ip', value: '192.0.2.7' });
  assert.deepEqual(object.challenges.map(({ type }) => type).toSorted(), ['http-01', 'tls-alpn-01']);
});

test('the configuration of the README works', () => {
  const readme = readFileSync('README.md', 'utf8');
  const toml = /```toml\n([^`]*issuers\.letsencrypt[^`]*)```/.exec(readme)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'chancery-readme-'));
  try {
    const file = join(folder, 'chancery.toml');
    writeFileSync(file, toml);
    const config = loadConfig({ file, data: folder, environment: {} });
    assert.equal(config.issuers['letsencrypt']?.directory, 'https://acme-v02.api.letsencrypt.org/directory');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
