import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DeskError } from '../../src/core/errors.ts';
import { loadMasterKey, storedSalt, stretchPassphrase } from '../../src/secrets/master-key.ts';
import { forEachStore } from '../support/stores.ts';

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const noSalts = {
  keep: async () => {
    throw new Error('No salt is needed for a key file');
  },
};

describe('master key from a file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-key-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const load = (name: string) => loadMasterKey({ keyFile: join(folder, name), random, salts: noSalts });

  it('is made at the first start, for its owner alone, and is the same at the next', async () => {
    const first = await load('master.key');
    assert.equal(first.bytes.length, 32);
    assert.equal(statSync(join(folder, 'master.key')).mode & 0o777, 0o600);
    assert.deepEqual((await load('master.key')).bytes, first.bytes);
    assert.equal(first.source, `key file ${join(folder, 'master.key')}`);
    assert.deepEqual(readdirSync(folder), ['master.key'], 'no draft is left behind');
  });

  it('stays the first one where another process makes it at the same moment', async () => {
    const path = join(folder, 'raced.key');
    const other = randomBytes(32).toString('base64');
    let calls = 0;
    const racing = {
      bytes: (length: number) => {
        calls += 1;
        if (length === 32) writeFileSync(path, other);
        return random.bytes(length);
      },
    };
    const key = await loadMasterKey({ keyFile: path, random: racing, salts: noSalts });
    assert.ok(calls > 0);
    assert.equal(Buffer.from(key.bytes).toString('base64'), other);
  });

  it('may be base64 or hex', async () => {
    const bytes = randomBytes(32);
    writeFileSync(join(folder, 'hex'), `${bytes.toString('hex').toUpperCase()}\n`);
    writeFileSync(join(folder, 'base64'), `${bytes.toString('base64')}\r\n`);
    assert.deepEqual(Buffer.from((await load('hex')).bytes), bytes);
    assert.deepEqual(Buffer.from((await load('base64')).bytes), bytes);
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['31 octets', randomBytes(31).toString('hex')],
    ['33 octets', randomBytes(33).toString('base64')],
    ['words', 'this is not a key'],
  ] as const) {
    it(`is refused, not replaced, where the file holds ${what}`, async () => {
      const path = join(folder, 'bad');
      writeFileSync(path, text);
      await assert.rejects(
        load('bad'),
        (error: DeskError) => error.kind === 'internal' && error.message.includes(path),
      );
      assert.equal(readFileSync(path, 'utf8'), text);
    });
  }

  it('says so where its folder is missing', async () => {
    await assert.rejects(load('no/such/folder/key'), /cannot be made; check that its folder is writable/);
  });

  it('says so where it cannot be read', { skip: process.getuid?.() === 0 && 'root may read everything' }, async () => {
    await load('locked');
    chmodSync(join(folder, 'locked'), 0);
    await assert.rejects(load('locked'), /cannot be read; check its owner and mode/);
  });
});

describe('master key from a passphrase', () => {
  it('is Argon2id of RFC 9106 with 64 MiB, three passes and four lanes', () => {
    // As Python's cryptography gives it: Argon2id(salt=…, length=32, iterations=3, lanes=4, memory_cost=65536).
    const key = stretchPassphrase('correct horse battery', Buffer.from('saltsaltsaltsalt'));
    assert.equal(Buffer.from(key).toString('hex'), KNOWN);
  });

  it('does not depend on how accents are composed', () => {
    const salt = Buffer.alloc(16, 1);
    assert.deepEqual(stretchPassphrase('caf\u00e9', salt), stretchPassphrase('cafe\u0301', salt));
    assert.notDeepEqual(stretchPassphrase('café', salt), stretchPassphrase('cafe', salt));
    assert.notDeepEqual(stretchPassphrase('café', salt), stretchPassphrase('café', Buffer.alloc(16, 2)));
  });
});

forEachStore((open) => {
  const keyFile = join(tmpdir(), 'never-made.key');
  const load = (salts: ReturnType<typeof storedSalt>, passphrase = 'correct horse battery') =>
    loadMasterKey({ passphrase, keyFile, random, salts });

  it('keeps its salt: the same passphrase gives the same key at the next start', async () => {
    const store = await open();
    const first = await load(storedSalt(store));
    assert.deepEqual((await load(storedSalt(store))).bytes, first.bytes);
    assert.notDeepEqual((await load(storedSalt(store), 'another one')).bytes, first.bytes);
    assert.equal(first.source, 'configured passphrase');
    assert.ok(!first.source.includes('horse'));
  });

  it('has one salt where several processes start at once', async () => {
    const store = await open();
    const stores = [store, await open.again(store), await open.again(store)];
    const salts = await Promise.all(stores.map((one, at) => storedSalt(one).keep(`salt ${at}`)));
    assert.equal(new Set(salts).size, 1);
  });
});

const KNOWN = 'b1902c34ae601a143d5c297ce98678f29dbdb234b790e2e20f3879df2759acd1';
