import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfirmationFacts, confirmationMail } from '../../src/notify/mail-texts.ts';
import { WORDS } from '../../src/notify/mail-words.ts';

const facts: ConfirmationFacts = {
  purpose: 'domain',
  accountName: 'Shop & Söhne',
  productName: 'DV Multi-Domain',
  domains: ['shop.example'],
  link: 'https://desk.example/confirm/secret',
  expiresAt: Date.parse('2026-12-22T08:00:00Z'),
};

test('every language says who asks, for what, until when, with the link alone on a line', () => {
  assert.deepEqual([...WORDS.keys()].toSorted(), ['de', 'en', 'es', 'fr', 'it', 'nl', 'pt']);
  for (const language of WORDS.keys()) {
    for (const purpose of ['domain', 'agreement'] as const) {
      const { subject, text } = confirmationMail({ ...facts, purpose }, language);
      assert.ok(subject.includes('shop.example'), `${language} ${purpose}`);
      for (const part of ['Shop & Söhne', 'DV Multi-Domain', '2026-12-22 08:00 UTC', 'Approve', 'Decline']) {
        assert.ok(text.includes(part), `${language} ${purpose} ${part}`);
      }
      assert.equal(text.split('\n').filter((line) => line === facts.link).length, 1);
      assert.doesNotMatch(subject + text, /\{\w+\}|undefined/);
    }
  }
});

test('the language is read from codes as customers write them, and English stands in', () => {
  const subject = (language: string | null) => confirmationMail(facts, language).subject;
  assert.equal(subject('NL'), subject('nl'));
  assert.equal(subject('de_AT'), subject('de'));
  assert.notEqual(subject('de'), subject('en'));
  for (const language of [null, '', 'xx', 'x', '__proto__', 'constructor'])
    assert.equal(subject(language), subject('en'));
});

test('an account cannot write its own paragraph or link placeholder', () => {
  const accountName = `Evil\r\n\r\nhttps://evil.example/\u2028{link}${'x'.repeat(500)}`;
  const { text } = confirmationMail({ ...facts, accountName }, 'en');
  assert.equal(
    text.split(/[\n\r\u2028]/).some((line) => line.startsWith('https://evil.example')),
    false,
  );
  assert.equal(text.split(facts.link).length, 2);
  assert.ok(!text.includes('x'.repeat(201)));
});
