import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';

const directory = mkdtempSync(join(tmpdir(), 'chancery-shop-'));
after(() => rmSync(directory, { recursive: true }));

function load(text: string, environment: Record<string, string> = {}) {
  const file = join(directory, 'chancery.toml');
  writeFileSync(file, text);
  return loadConfig({ file, environment }).shop;
}

test('the shop has a name, an alias and no payment link where nothing is told', () => {
  const shop = { provider: 'Chancery', displayName: 'Chancery', aliases: ['cPStore'], openFor: 86_400, payment: null };
  assert.deepEqual(loadConfig().shop, shop);
});

test('a payment link needs the secret that signs it', () => {
  const text = '[shop]\nprovider = "ourShop"\npaymentUrl = "https://pay.test/start"\n';
  assert.throws(() => load(text), /chancery\.toml:3.*CHANCERY_PAYMENT_SECRET/s);
  const { payment, provider } = load(text, { CHANCERY_PAYMENT_SECRET: 'x' });
  assert.deepEqual([payment, provider], [{ url: 'https://pay.test/start', secret: 'x' }, 'ourShop']);
  for (const wrong of ['paymentUrl = "javascript:x"', 'provider = "our shop"', 'aliases = ["a b"]', 'openFor = 0']) {
    assert.throws(() => load(`[shop]\n${wrong}\n`, { CHANCERY_PAYMENT_SECRET: 'x' }), { kind: 'invalid-value' }, wrong);
  }
});
