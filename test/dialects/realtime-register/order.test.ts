import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as answers from '../../../src/dialects/realtime-register/answers.ts';
import { forEachStore } from '../../support/stores.ts';
import { newCsr } from '../../support/desk.ts';
import { issue, newDomain, openClient, orderFor, publish } from './client.ts';

forEachStore((open) => {
  test('an order waits with what has to be published, and is issued once it is there', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const order = orderFor(domain, { uniqueValue: 'abc123', dcv: [{ commonName: domain, type: 'DNS', email: null }] });
    const reply = await client.post('/v2/ssl/certificates', order);
    assert.equal(reply.status, 202, reply.text);
    answers.infoProcess.parse(reply.json);
    assert.equal(reply.json.commonName, domain);
    assert.equal(reply.json.certificateId, undefined);
    const [entry, ...others] = reply.json.validations.dcv;
    assert.deepEqual(others, []);
    const der = Buffer.from(String(order['csr']).replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const md5 = createHash('md5').update(der).digest('hex');
    const sha = createHash('sha256').update(der).digest('hex');
    assert.equal(entry.dnsRecord, `_${md5}.${domain}.`);
    assert.equal(entry.dnsType, 'CNAME');
    assert.equal(entry.dnsContents, `${sha.slice(0, 32)}.${sha.slice(32)}.abc123.dcv.chancery.internal.`);
    publish(client, reply.json);
    const id = reply.headers['x-process-id'];
    await client.post(`/v2/processes/${id}/resend/`, {});
    const info = await client.get(`/v2/processes/${id}/info`);
    assert.equal(info.status, 200, info.text);
    answers.infoProcess.parse(info.json);
    assert.equal(info.json.validations.dcv[0].status, 'VALIDATED');
    assert.equal(info.json.validations.dcv[0].caaRecordStatus, 'EMPTY');
    const list = await client.get(`/v2/ssl/certificates/?process%3Aeq=${id}`);
    const [certificate] = list.json.entities;
    answers.certificate.parse(certificate);
    assert.equal(certificate.status, 'ACTIVE');
    assert.equal(certificate.domainName, domain);
    const process = await client.get(`/v2/processes/${id}`);
    answers.process.parse(process.json);
    assert.equal(process.json.status, 'COMPLETED');
    assert.equal(process.json.command.csr.trim(), String(order['csr']).trim());
    assert.equal(process.json.command.period, 12);
  });

  test('a certificate is downloaded, reissued, renewed and revoked', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const { certificateId } = await issue(client, orderFor(domain));
    const reissue = await client.post(`/v2/ssl/certificates/${certificateId}/reissue/`, { csr: newCsr(domain) });
    assert.equal(reissue.status, 201, reissue.text);
    answers.infoProcess.parse(reissue.json);
    const old = await client.get(`/v2/ssl/certificates/${certificateId}`);
    assert.equal(old.json.status, 'REISSUED');
    const renewal = await client.post(`/v2/ssl/certificates/${reissue.json.certificateId}/renew/`, {
      csr: newCsr(domain),
      period: 12,
    });
    assert.equal(renewal.status, 201, renewal.text);
    const revoked = await client.delete(`/v2/ssl/certificates/${renewal.json.certificateId}`, { reason: 'Superseded' });
    assert.equal(revoked.status, 200, revoked.text);
    assert.equal(revoked.text, '');
    assert.match(String(revoked.headers['x-process-id']), /^\d+$/);
    const gone = await client.get(`/v2/ssl/certificates/${renewal.json.certificateId}`);
    assert.equal(gone.json.status, 'REVOKED');
    const again = await client.delete(`/v2/ssl/certificates/${renewal.json.certificateId}`);
    assert.equal(again.json.type, 'ObjectStatusProhibitsOperation');
  });
});
