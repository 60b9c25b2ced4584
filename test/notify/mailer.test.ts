import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { DeskError } from '../../src/core/errors.ts';
import { createMailer, type Mailer } from '../../src/notify/mailer.ts';
import { type MailSink, startMailSink } from '../../src/sandbox/mail-sink.ts';

let sink: MailSink;
let mailer: Mailer;
before(async () => {
  sink = await startMailSink({ now: () => 0 });
  mailer = createMailer({ host: sink.host, port: sink.port, secure: false, from: 'The desk <desk@ca.example>' });
});
after(async () => {
  mailer.close();
  await sink.close();
});

test('a mail arrives at the server as it was written, several at once', async () => {
  const link = `https://desk.example/confirm/${'aB3_-'.repeat(8)}xyz`;
  const mails = Array.from({ length: 5 }, (_, n) => ({
    to: `p${n}@shop.example`,
    subject: `Größe ${n}`,
    text: `Hallo ü,\n\n${link}\n`,
  }));
  await Promise.all(mails.map((mail) => mailer.send(mail)));
  for (const { to, subject, text } of mails) {
    const date = '1970-01-01T00:00:00.000Z';
    assert.deepEqual(sink.messages(to), [{ from: 'desk@ca.example', to, subject, text, date }]);
  }
});

test('no header, recipient or SMTP command can be smuggled in', async () => {
  const addresses = [
    'a@shop.example\r\nBcc: evil@evil.example',
    'a@shop.example, evil@evil.example',
    'a@shop.example;evil@evil.example',
    'Name <a@shop.example>',
    '<a@shop.example>\r\nRCPT TO:<evil@evil.example>',
    'group: a@shop.example;',
    '"a b"@shop.example',
    'a@b@shop.example',
    'a@shop.example\u0000',
    'a@shop.example ',
    'a\u0085@shop.example',
    '',
    `${'a'.repeat(65)}@shop.example`,
  ];
  const refused = (error: unknown) =>
    error instanceof DeskError && error.kind === 'invalid-value' && error.field === 'to';
  for (const to of addresses)
    await assert.rejects(mailer.send({ to, subject: 's', text: 't' }), refused, JSON.stringify(to));
  for (const subject of ['a\r\nBcc: evil@evil.example', 'a\nb', 'a\rb', 'a\u2028b', 'x'.repeat(501)]) {
    await assert.rejects(mailer.send({ to: 'a@shop.example', subject, text: 't' }), {
      kind: 'invalid-value',
      field: 'subject',
    });
  }
  assert.throws(() => createMailer({ host: 'h', port: 25, secure: false, from: 'a@a.example\r\nBcc: e@e.example' }), {
    field: 'from',
  });
  await mailer.send({
    to: 'text@shop.example',
    subject: 's',
    text: 'a\r\n.\r\nMAIL FROM:<x@x.example>\r\nRCPT TO:<evil@evil.example>\n',
  });
  assert.deepEqual(sink.messages('evil@evil.example'), []);
  assert.equal(sink.messages('text@shop.example')[0]?.text.includes('RCPT TO:<evil@evil.example>'), true);
});

test('whatever the subject, it comes out as one subject to one person or not at all', async () => {
  let n = 0;
  const property = fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), async (subject) => {
    n += 1;
    const to = `prop${n}@shop.example`;
    const outcome = await mailer.send({ to, subject, text: 't' }).then(
      () => 'sent',
      () => 'refused',
    );
    const [mail, ...more] = sink.messages(to);
    assert.equal(more.length, 0);
    assert.equal(mail === undefined, outcome === 'refused');
    if (mail !== undefined) assert.equal(mail.to, to);
  });
  await fc.assert(property, { numRuns: 60 });
  assert.equal(
    sink.messages().every((mail) => mail.to.endsWith('@shop.example')),
    true,
  );
});

test('a server that is not there is told to the operator', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const lost = createMailer({ host: '127.0.0.1', port, secure: false, from: 'a@a.example' });
  await assert.rejects(lost.send({ to: 'a@a.example', subject: 's', text: 't' }), (error: unknown) => {
    assert.ok(error instanceof DeskError && error.kind === 'internal');
    assert.match(error.message, new RegExp(`127.0.0.1:${port}`));
    return true;
  });
  lost.close();
});
