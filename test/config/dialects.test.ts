import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { DIALECTS, servedDialects } from '../../src/serve/dialects.ts';

const directory = mkdtempSync(join(tmpdir(), 'chancery-dialects-'));
after(() => rmSync(directory, { recursive: true }));

function load(text: string, environment: Record<string, string> = {}) {
  const file = join(directory, 'chancery.toml');
  writeFileSync(file, text);
  return loadConfig({ file, environment });
}

const served = (text: string): string[] => servedDialects(load(text)).map(({ name }) => name);

test('every dialect has a switch of its name, which is on where nothing is told', () => {
  const config = load('');
  assert.deepEqual(config.dialects, Object.fromEntries(DIALECTS.map(({ name }) => [name, true])));
  assert.deepEqual(servedDialects(config), DIALECTS);
});

test('what is off is not served, the others are', () => {
  assert.deepEqual(served('[dialects]\ncpanel = false\n'), ['realtime-register', 'digicert', 'wp-engine']);
  assert.deepEqual(served('[dialects]\nwp-engine = false\ncpanel = false\ndigicert = true\n'), [
    'realtime-register',
    'digicert',
  ]);
  assert.deepEqual(served(DIALECTS.reduce((text, { name }) => `${text}${name} = false\n`, '[dialects]\n')), []);
});

test('a misspelt one is an error, and so is what is neither true nor false', () => {
  assert.throws(
    () => load('[dialects]\ncpanle = false\n'),
    /chancery\.toml:2: dialects\.cpanle .*did you mean cpanel\?/,
  );
  assert.throws(() => load('[dialects]\ncpanel = "off"\n'), /chancery\.toml:2: dialects\.cpanel is wrong: .*boolean/);
});

test('one that is off is asked nothing: the shop needs no secret for its payment link', () => {
  const text = '[shop]\npaymentUrl = "https://pay.test/start"\n';
  assert.throws(() => load(text), /CHANCERY_PAYMENT_SECRET/);
  assert.equal(load(`${text}[dialects]\ncpanel = false\n`).shop.payment, null);
  assert.throws(() => load(`${text}[dialects]\nwp-engine = false\n`), /CHANCERY_PAYMENT_SECRET/);
});
