import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as answers from '../../../src/dialects/realtime-register/answers.ts';
import { DAY } from '../../../src/core/time.ts';
import { countRecords, newCsr } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { issue, newDomain, openClient, orderFor, publish } from './client.ts';

forEachStore((open) => {
  test('with the auth key published the certificate is in the answer', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const csr = newCsr(domain);
    const key = await client.post('/v2/ssl/authkey', { product: 'ssl_chancery_dv', csr });
    answers.authKey.parse(key.json);
    const order = { ...orderFor(domain), csr, authKey: true };
    const before = await countRecords(client.desk.store);
    const early = await client.post('/v2/ssl/certificates', order);
    assert.equal(early.status, 400);
    assert.equal(early.json.type, 'ValidationError');
    assert.deepEqual(await countRecords(client.desk.store), before);
    client.desk.domains.publishRecord('TXT', domain, key.json.authKey);
    const reply = await client.post('/v2/ssl/certificates', order);
    assert.equal(reply.status, 201, reply.text);
    answers.infoProcess.parse(reply.json);
    const certificate = await client.get(`/v2/ssl/certificates/${reply.json.certificateId}`);
    answers.certificate.parse(certificate.json);
    assert.equal(String(certificate.json.process), reply.headers['x-process-id']);
    const info = await client.get(`/v2/processes/${certificate.json.process}/info`);
    assert.equal(info.json.certificateId, reply.json.certificateId);
    assert.equal(info.json.validations.dcv[0].dnsType, 'TXT');
  });

  test('an auth key counts in a file too, until it is too old, and for its own account alone', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const csr = newCsr(domain);
    const { json } = await client.post('/v2/ssl/authkey', { product: 'ssl_chancery_dv', csr });
    const url = (host: string) => `http://${host}/.well-known/pki-validation/fileauth.txt`;
    client.desk.domains.publishFile(url(domain), json.authKey);
    const order = { ...orderFor(domain), csr, authKey: true };
    const other = await client.desk.addKey('other', 'orders');
    const stolen = await client.as(other.secret).post('/v2/ssl/certificates', { ...order, customer: 'other' });
    assert.equal(stolen.json.type, 'ValidationError');
    client.desk.clock.set(Date.parse(json.validity) + 1);
    const late = await client.post('/v2/ssl/certificates', { ...order, san: [] });
    assert.equal(late.json.type, 'ValidationError');
    client.desk.clock.set(Date.parse(json.validity) - DAY);
    const whole = await client.post('/v2/ssl/certificates', order);
    assert.equal(whole.json.type, 'ValidationError', 'a file proves its own name, not www');
    const reply = await client.post('/v2/ssl/certificates', { ...order, san: [] });
    assert.equal(reply.status, 201, reply.text);
  });

  test('a file is asked for at each name, a mail only of those who may approve', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const file = await client.post(
      '/v2/ssl/certificates',
      orderFor(domain, { dcv: [{ commonName: domain, type: 'FILE' }] }),
    );
    assert.equal(file.status, 202, file.text);
    answers.infoProcess.parse(file.json);
    const entries = file.json.validations.dcv;
    assert.deepEqual(
      entries.map((entry: { commonName: string }) => entry.commonName),
      [domain, `www.${domain}`],
    );
    assert.match(
      entries[0].fileLocation,
      new RegExp(`^http://${domain}/\\.well-known/pki-validation/[0-9A-F]{32}\\.txt$`),
    );
    assert.match(entries[0].fileContents, /^[0-9a-f]{64}\ndcv\.chancery\.internal\n[a-z0-9]{20}$/);
    const mailDomain = newDomain();
    const list = await client.get(`/v2/ssl/dcvemailaddresslist/${mailDomain}?product=ssl_chancery_dv`);
    assert.ok(list.json.includes(`admin@${mailDomain}`));
    assert.equal(list.json.length, new Set(list.json).size);
    const mail = orderFor(mailDomain, { dcv: [{ commonName: mailDomain, type: 'EMAIL', email: list.json[0] }] });
    const reply = await client.post('/v2/ssl/certificates', mail);
    assert.equal(reply.json.validations.dcv[0].email, list.json[0]);
    const [job] = await client.desk.store.find('jobs', { kind: 'send-confirmation' });
    assert.equal(job?.payload['address'], list.json[0]);
  });

  test('a single-domain order takes the name under www along, unless the chosen mail cannot speak for it', async () => {
    const client = await openClient(await open());
    const base = newDomain();
    const namesOf = async (changes: Record<string, unknown>) => {
      const reply = await client.post('/v2/ssl/certificates', orderFor(`www.${base}`, changes));
      assert.equal(reply.status, 202, reply.text);
      return (await client.desk.store.get('requests', Number(reply.headers['x-process-id'])))?.names;
    };
    assert.deepEqual(await namesOf({}), [`www.${base}`, base]);
    assert.deepEqual(await namesOf({ san: [] }), [`www.${base}`]);
    const dcv = (email: string) => [{ commonName: `www.${base}`, type: 'EMAIL', email }];
    assert.deepEqual(await namesOf({ dcv: dcv(`admin@${base}`) }), [`www.${base}`, base]);
    assert.deepEqual(await namesOf({ dcv: dcv(`admin@www.${base}`) }), [`www.${base}`]);
  });

  test('several domains: each has its entry, its own way, and its price', async () => {
    const client = await openClient(await open());
    const [a, b, c, d] = [newDomain(), newDomain(), newDomain(), newDomain()];
    const order = orderFor(a, {
      product: 'ssl_chancery_dv_multi',
      san: [b, c, d, `*.${a}`],
      dcv: [
        { commonName: a, type: 'DNS' },
        { commonName: b, type: 'FILE' },
      ],
    });
    const quote = await client.post('/v2/ssl/certificates?quote=true', order);
    answers.quote.parse(quote.json);
    assert.equal(quote.json.command, 'RequestCertificateCommand');
    const actions = quote.json.quote.billables.map(({ action }: { action: string }) => action);
    assert.deepEqual(actions, ['REQUEST', 'EXTRA_DOMAIN', 'EXTRA_WILDCARD']);
    const sum = quote.json.quote.billables.reduce((total: number, line: { total: number }) => total + line.total, 0);
    assert.equal(sum, quote.json.quote.total);
    const reply = await client.post('/v2/ssl/certificates', order);
    const entries = reply.json.validations.dcv.map(({ commonName, type }: { commonName: string; type: string }) => [
      commonName,
      type,
    ]);
    assert.deepEqual(entries, [
      [a, 'DNS'],
      [b, 'FILE'],
      [c, 'DNS'],
      [d, 'DNS'],
      [`*.${a}`, 'DNS'],
    ]);
    const process = await client.get(`/v2/processes/${reply.headers['x-process-id']}`);
    answers.process.parse(process.json);
    assert.deepEqual(process.json.reservation, { EUR: quote.json.quote.total });
    publish(client, reply.json);
    await client.post(`/v2/processes/${process.json.id}/resend`);
    const [certificate] = (await client.get(`/v2/ssl/certificates?process=${process.json.id}`)).json.entities;
    assert.deepEqual(certificate.san, [b, c, d, `*.${a}`]);
    assert.equal(certificate.certificateType, 'MULTI_DOMAIN');
    const reissue = await client.post(`/v2/ssl/certificates/${certificate.id}/reissue?quote=true`, { csr: newCsr(a) });
    assert.deepEqual(reissue.json, { command: 'ReissueCertificateCommand', quote: { total: 0 } });
  });

  test('dcv must fit the order', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const refused = async (field: string, changes: Record<string, unknown>) => {
      const reply = await client.post('/v2/ssl/certificates', orderFor(domain, changes));
      assert.equal(reply.json.type, 'ConstraintViolationException', reply.text);
      assert.equal(reply.json.violations[0].field, field);
    };
    await refused('dcv[0].commonName', { dcv: [{ commonName: newDomain(), type: 'DNS' }] });
    await refused('dcv[0].commonName', { san: [], dcv: [{ commonName: `www.${domain}`, type: 'DNS' }] });
    await refused('dcv[1].commonName', {
      dcv: [
        { commonName: domain, type: 'DNS' },
        { commonName: domain, type: 'FILE' },
      ],
    });
    await refused('dcv[0].email', { dcv: [{ commonName: domain, type: 'EMAIL', email: 'ada@example.com' }] });
    await refused('dcv[0].email', { dcv: [{ commonName: domain, type: 'EMAIL' }] });
    await refused('san[0]', { san: [newDomain()] });
    const star = { product: 'ssl_chancery_dv_wildcard', domainName: `*.${domain}` };
    await refused('dcv[0].type', { ...star, dcv: [{ commonName: `*.${domain}`, type: 'FILE' }] });
    await refused('domainName', { product: 'ssl_chancery_dv_wildcard' });
    await refused('domainName', { domainName: 'co.uk' });
    await refused('domainName', { csr: newCsr(null) });
  });

  test('resend switches the way of validation, says why it failed, and is refused once all is done', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const order = await client.post('/v2/ssl/certificates', orderFor(domain));
    const path = `/v2/processes/${order.headers['x-process-id']}`;
    const dcv = (type: string, email: string | null = null) => ({ dcv: [{ commonName: domain, type, email }] });
    const toFile = await client.post(`${path}/resend`, dcv('FILE'));
    assert.equal(toFile.status, 200, toFile.text);
    answers.warning.parse(toFile.json);
    assert.match(toFile.json.warning, new RegExp(domain));
    const info = await client.get(`${path}/info`);
    assert.deepEqual(
      info.json.validations.dcv.map(({ type }: { type: string }) => type),
      ['FILE', 'FILE'],
    );
    const toMail = await client.post(`${path}/resend`, dcv('EMAIL', `admin@${domain}`));
    assert.deepEqual(toMail.json, {}, toMail.text);
    const wrongName = await client.post(`${path}/resend`, { dcv: [{ commonName: newDomain(), type: 'DNS' }] });
    assert.equal(wrongName.json.violations[0].field, 'dcv[0].commonName');
    const wrongMail = await client.post(`${path}/resend`, dcv('EMAIL', 'ada@example.com'));
    assert.equal(wrongMail.json.violations[0].field, 'dcv[0].email');
    await client.post(`${path}/resend`, dcv('DNS'));
    publish(client, (await client.get(`${path}/info`)).json);
    const done = await client.post(`${path}/resend/`, dcv('DNS'));
    assert.deepEqual(done.json, {}, done.text);
    assert.equal((await client.get(path)).json.status, 'COMPLETED');
    for (const body of [undefined, {}, dcv('DNS')]) {
      const late = await client.post(`${path}/resend`, body);
      assert.equal(late.json.type, 'ObjectStatusProhibitsOperation', late.text);
    }
  });

  test('a CSR of a wildcard and one with the name in its extension alone', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const star = orderFor(`*.${domain}`, { product: 'ssl_chancery_dv_wildcard' });
    const { certificateId } = await issue(client, star);
    const certificate = (await client.get(`/v2/ssl/certificates/${certificateId}`)).json;
    assert.equal(certificate.domainName, `*.${domain}`);
    assert.equal(certificate.certificateType, 'WILDCARD');
    assert.equal(certificate.san, undefined);
    const bare = newDomain();
    const reply = await client.post('/v2/ssl/certificates', { ...orderFor(bare), csr: newCsr(null, [bare]) });
    assert.equal(reply.json.commonName, bare, reply.text);
  });

  test('OV wants its fields, from the body or the CSR, and lists them all at once', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const order = orderFor(domain, { product: 'ssl_chancery_ov' });
    const empty = await client.post('/v2/ssl/certificates', order);
    const fields = empty.json.violations.map(({ field }: { field: string }) => field);
    assert.deepEqual(fields, ['organization', 'address', 'postalCode', 'city', 'country', 'coc', 'approver']);
    const approver = {
      firstName: 'Ada',
      lastName: 'Byron',
      jobTitle: null,
      email: 'ada@example.com',
      voice: '+31.201234567',
    };
    const csr = newCsr(domain, [], '/C=NL/O=Acme B.V./L=Zwolle');
    const rest = { address: 'Street 1', postalCode: '1234 AB', coc: '12345678', approver };
    const reply = await client.post('/v2/ssl/certificates', { ...order, ...rest, csr });
    assert.equal(reply.status, 202, reply.text);
    answers.infoProcess.parse(reply.json);
    assert.equal(reply.json.validations.organization, 'WAITING');
    assert.equal(reply.json.validations.voice, 'WAITING');
    const request = await client.desk.store.get('requests', Number(reply.headers['x-process-id']));
    assert.equal(request?.subject.organization, 'Acme B.V.');
    assert.equal(request?.subject.street, 'Street 1');
    assert.equal(request?.language, 'nl');
    const { firstName, lastName, email } = approver;
    assert.deepEqual(request?.contact, { firstName, lastName, email, phone: approver.voice });
  });
});
