import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTransport } from 'nodemailer';
import { type MailSink, startMailSink } from '../../src/sandbox/mail-sink.ts';

const clock = { now: () => Date.parse('2026-11-22T08:00:00Z') };
let sink: MailSink;
before(async () => {
  sink = await startMailSink(clock);
});
after(() => sink.close());

const transport = () => createTransport({ host: sink.host, port: sink.port });

test('a mail is kept with what it says, and found under each recipient in any case', async () => {
  const text = `Grüße,\nlink: https://desk.example/confirm/${'x'.repeat(100)}\n.a dot at the start\n`;
  await transport().sendMail({
    from: 'Desk <desk@ca.example>',
    to: ['Admin@shop.example', 'hostmaster@shop.example'],
    subject: 'Bestätigung für shop.example',
    text,
  });
  const expected = {
    from: 'desk@ca.example',
    to: 'Admin@shop.example, hostmaster@shop.example',
    subject: 'Bestätigung für shop.example',
    text,
    date: '2026-11-22T08:00:00.000Z',
  };
  assert.deepEqual(sink.messages('admin@shop.example'), [expected]);
  assert.deepEqual(sink.messages('HOSTMASTER@SHOP.EXAMPLE'), [expected]);
  assert.deepEqual(sink.messages('other@shop.example'), []);
});

test('base64 bodies are read too', async () => {
  await transport().sendMail({
    from: 'a@a.example',
    to: 'b64@a.example',
    subject: 's',
    text: 'ψ text',
    textEncoding: 'base64',
  });
  assert.equal(sink.messages('b64@a.example')[0]?.text.trim(), 'ψ text');
});

test('a mail that is too large is refused and not kept', async () => {
  const mail = { from: 'a@a.example', to: 'large@a.example', subject: 's', text: 'long line\n'.repeat(120_000) };
  await assert.rejects(transport().sendMail(mail), { responseCode: 552 });
  assert.deepEqual(sink.messages('large@a.example'), []);
});

test('the oldest mails make room', async () => {
  const small = await startMailSink(clock);
  const pool = createTransport({ host: small.host, port: small.port, pool: true, maxMessages: 2_000 });
  for (let n = 0; n < 1_003; n += 1) {
    await pool.sendMail({ from: 'a@a.example', to: 'many@a.example', subject: `${n}`, text: 'x' });
  }
  pool.close();
  const subjects = small.messages('many@a.example').map((mail) => mail.subject);
  assert.equal(subjects.length, 1_000);
  assert.deepEqual([subjects[0], subjects.at(-1)], ['3', '1002']);
  await small.close();
});
