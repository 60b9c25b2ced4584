import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { DeskError } from '../../src/core/errors.ts';
import { createCrypto, type Crypto } from '../../src/workers/crypto.ts';
import { startCryptoWorker } from '../../src/workers/crypto-worker.ts';
import { importKey } from '../../src/workers/work.ts';
import { readCsr } from '../../src/pki/csr.ts';
import type { EchoAnswer } from './echo-thread.ts';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pkcs8 = keys.privateKey.export({ format: 'der', type: 'pkcs8' });
const csr = execFileSync(
  'openssl',
  [
    'req',
    '-new',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    '/dev/null',
    '-subj',
    '/CN=www.example.test',
  ],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
);
const ECHO = new URL('./echo-thread.ts', import.meta.url);
const isKind = (kind: string) => (error: DeskError) => error.name === 'DeskError' && error.kind === kind;

for (const threads of [0, 1, 2] as const) {
  describe(`crypto on ${threads} threads`, () => {
    let crypto: Crypto;
    before(async () => {
      crypto = createCrypto({ threads });
      await crypto.addSigner('intermediate', pkcs8);
    });
    after(() => crypto.close());

    it('reads requests exactly as in place', async () => {
      const read = await crypto.readCsr(csr);
      const expected = readCsr(csr);
      const plain = (one: typeof read) => ({
        ...one,
        der: Buffer.from(one.der).toString('hex'),
        spki: Buffer.from(one.spki).toString('hex'),
      });
      assert.deepEqual(plain(read), plain(expected));
    });

    it('gives the same error for a bad request as in place', async () => {
      let expected: DeskError | undefined;
      try {
        readCsr('nonsense');
      } catch (error) {
        expected = error as DeskError;
      }
      await assert.rejects(crypto.readCsr('nonsense'), (error: DeskError) => {
        assert.deepEqual(
          [error.name, error.kind, error.message, error.field, error.value, error.violations],
          [expected?.name, 'invalid-csr', expected?.message, expected?.field, expected?.value, expected?.violations],
        );
        return true;
      });
    });

    it('signs each of many at once with the right signature for the right bytes', async () => {
      const inputs = Array.from({ length: 200 }, (_, at) => Buffer.from(`to be signed ${at}`));
      const signatures = await Promise.all(inputs.map((input) => crypto.sign('intermediate', input)));
      signatures.forEach((signature, at) =>
        assert.ok(verify('sha256', inputs[at]!, keys.publicKey, signature), `${at}`),
      );
    });

    it('does not let one bad task touch its neighbours', async () => {
      const results = await Promise.allSettled([
        crypto.sign('intermediate', Buffer.from('a')),
        crypto.sign('nobody', Buffer.from('b')),
        crypto.readCsr('nonsense'),
        crypto.sign('intermediate', Buffer.from('d')),
      ]);
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
      );
      await assert.rejects(crypto.sign('nobody', Buffer.from('b')), isKind('internal'));
    });

    it('refuses keys that cannot sign certificates', async () => {
      const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
      await assert.rejects(crypto.addSigner('x', ed25519), isKind('invalid-value'));
      await assert.rejects(crypto.addSigner('x', Buffer.from('no key')), isKind('invalid-value'));
    });
  });
}

describe('a crypto worker', () => {
  const signer = { kind: 'add-signer', name: 'ca', key: importKey(pkcs8) } as const;
  const sign = { kind: 'sign', name: 'ca', tbs: Buffer.from('a') } as const;
  const crash = { kind: 'crash' } as never;

  it('sends the tasks of one turn in one message', async () => {
    const worker = startCryptoWorker({}, () => [], ECHO);
    try {
      const answers = (await Promise.all(Array.from({ length: 50 }, () => worker.run(sign)))) as EchoAnswer[];
      assert.deepEqual(new Set(answers.map(({ batch }) => batch)), new Set([50]));
      assert.deepEqual(
        answers.map(({ place }) => place),
        Array.from({ length: 50 }, (_, at) => at),
      );
      assert.equal(worker.load(), 0);
      assert.equal(((await worker.run(sign)) as EchoAnswer).batch, 1);
    } finally {
      await worker.close();
    }
  });

  it('answers the first of many tasks while it works on the rest', async () => {
    const signing = { kind: 'add-signer' as const, name: 'ca', key: importKey(pkcs8) };
    const worker = startCryptoWorker({}, () => [signing]);
    try {
      const tbs = new Uint8Array(10);
      const left = await Promise.all(
        Array.from({ length: 40 }, () => worker.run({ kind: 'sign', name: 'ca', tbs }).then(() => worker.load())),
      );
      assert.deepEqual([left[0], left[15], left[16], left[39]], [24, 24, 8, 0]);
    } finally {
      await worker.close();
    }
  });

  it('that dies rejects what it held and is replaced by one that knows the keys', async () => {
    const worker = startCryptoWorker({}, () => [signer], ECHO);
    try {
      const { thread } = (await worker.run(sign)) as EchoAnswer;
      for (let round = 0; round < 8; round++) {
        const lost = await Promise.allSettled([worker.run(sign), worker.run(crash), worker.run(sign)]);
        for (const one of lost) {
          assert.ok(one.status === 'rejected' && isKind('issuer-unavailable')(one.reason));
          assert.equal(one.reason.cause.message, 'crashed as asked');
        }
        const next = (await worker.run(sign)) as EchoAnswer;
        assert.notEqual(next.thread, thread);
        assert.deepEqual(next.signers, ['ca']);
      }
    } finally {
      await worker.close();
    }
  });

  it('does what was asked while the thread was dying', async () => {
    const worker = startCryptoWorker({}, () => [signer], ECHO);
    try {
      const lost = worker.run(crash);
      let later: Promise<unknown> | undefined;
      await lost.catch(() => {
        later = worker.run(sign);
      });
      assert.equal(((await later) as EchoAnswer).batch, 1);
    } finally {
      await worker.close();
    }
  });

  it('that cannot start gives up after a few tries and says why', async () => {
    const worker = startCryptoWorker({ weakKeysDirectory: '/nowhere/at/all' }, () => []);
    let last: DeskError | undefined;
    for (let attempt = 0; attempt < 10; attempt++) {
      await worker.run(sign).catch((error: DeskError) => {
        last = error;
      });
    }
    assert.ok(isKind('issuer-unavailable')(last as DeskError));
    assert.match(String(last?.cause), /nowhere/);
    await worker.close();
  });

  it('that is closed rejects what is pending and what comes after', async () => {
    const worker = startCryptoWorker({}, () => [signer]);
    const pending = worker.run(sign);
    await Promise.all([assert.rejects(pending, isKind('issuer-unavailable')), worker.close()]);
    await assert.rejects(worker.run(sign), isKind('issuer-unavailable'));
  });
});
