import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRecords, newCsr } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { issue, newDomain, openClient, orderFor, type Client } from './client.ts';
import { PARAMETERS, type Call, type Parameter } from './parameters.ts';

const CALLS: Call[] = ['request', 'reissue', 'renew'];

/** Where calls go, and bodies that are accepted there as they stand. */
interface Target {
  path: Record<Call, string>;
  domain: string;
  csr: string;
}

async function target(client: Client): Promise<Target> {
  const domain = newDomain();
  const { certificateId } = await issue(client, orderFor(domain));
  const base = `/v2/ssl/certificates/${certificateId}`;
  return {
    path: { request: '/v2/ssl/certificates', reissue: `${base}/reissue`, renew: `${base}/renew` },
    domain,
    csr: newCsr(domain),
  };
}

function bodyFor(call: Call, { csr }: Target): Record<string, unknown> {
  if (call === 'reissue') return { csr };
  if (call === 'renew') return { csr, period: 12 };
  return { csr, period: 12, customer: 'acme', product: 'ssl_chancery_dv' };
}

/** `DOMAIN` in a value stands for the domain of the order. */
function filled(value: unknown, domain: string): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value).replaceAll('DOMAIN', domain));
}

function put(
  parameter: Parameter,
  body: Record<string, unknown>,
  value: unknown,
  domain: string,
): Record<string, unknown> {
  if (parameter.put !== undefined) parameter.put(body, value);
  else if (value === undefined) delete body[parameter.field];
  else body[parameter.field] = value;
  return filled(body, domain) as Record<string, unknown>;
}

interface Case {
  call: Call;
  label: string;
  parameter: Parameter;
  value: unknown;
  expected: 'valid' | 'violation' | 'wrong type';
}

function casesOf(call: Call): Case[] {
  return PARAMETERS.filter((parameter) => [...parameter.required, ...parameter.optional].includes(call)).flatMap(
    (parameter) => {
      const make = (label: string, value: unknown, expected: Case['expected']): Case => ({
        call,
        label,
        parameter,
        value,
        expected,
      });
      return [
        ...parameter.valid.map((value) => make('valid', value, 'valid')),
        ...('tooShort' in parameter ? [make('too short', parameter.tooShort, 'violation')] : []),
        ...('tooLong' in parameter ? [make('too long', parameter.tooLong, 'violation')] : []),
        ...(parameter.badPattern ?? []).map((value) => make('bad pattern', value, 'violation')),
        ...parameter.wrongType.map((value) => make('wrong type', value, 'wrong type')),
        ...(parameter.required.includes(call)
          ? [make('missing', undefined, 'violation'), make('null', null, 'violation')]
          : []),
        ...(parameter.optional.includes(call) &&
        !parameter.field.endsWith('[0]') &&
        !parameter.field.startsWith('dcv[0]')
          ? [make('null for absent', null, 'valid')]
          : []),
      ];
    },
  );
}

forEachStore((open) => {
  for (const call of CALLS) {
    test(`every parameter of ${call}: what is refused names its field and leaves nothing behind`, async (t) => {
      const client = await openClient(await open());
      const to = await target(client);
      const before = await countRecords(client.desk.store);
      for (const { label, parameter, value, expected } of casesOf(call).filter((one) => one.expected !== 'valid')) {
        await t.test(`${parameter.field} ${label} ${JSON.stringify(value)?.slice(0, 40)}`, async () => {
          const reply = await client.post(to.path[call], put(parameter, bodyFor(call, to), value, to.domain));
          assert.equal(reply.status, 400, reply.text);
          if (expected === 'wrong type') {
            assert.equal(reply.json.type, 'UnrecognizedPropertyException');
            assert.equal(reply.json.property, parameter.field);
          } else {
            assert.equal(reply.json.type, 'ConstraintViolationException');
            const [violation] = reply.json.violations;
            assert.equal(violation.field, parameter.field);
            assert.ok(violation.message.length > 0);
          }
        });
      }
      assert.deepEqual(await countRecords(client.desk.store), before);
      assert.equal((await client.desk.store.get('accounts', client.desk.actor.accountId))?.reserved, 0);
    });

    test(`every parameter of ${call}: what fits is accepted and quoted, and a quote leaves nothing behind`, async (t) => {
      const client = await openClient(await open());
      const to = await target(client);
      const before = await countRecords(client.desk.store);
      for (const { parameter, value, label } of casesOf(call).filter((one) => one.expected === 'valid')) {
        await t.test(`${parameter.field} ${label} ${JSON.stringify(value)?.slice(0, 40)}`, async () => {
          const body = put(parameter, bodyFor(call, to), value, to.domain);
          const reply = await client.post(`${to.path[call]}?quote=true`, body);
          assert.equal(reply.status, 200, reply.text);
          assert.equal(typeof reply.json.quote.total, 'number');
          assert.equal(reply.headers['x-process-id'], undefined);
        });
      }
      assert.deepEqual(await countRecords(client.desk.store), before);
    });

    test(`${call}: a property that is not known is refused by name, wherever it stands`, async () => {
      const client = await openClient(await open());
      const to = await target(client);
      const before = await countRecords(client.desk.store);
      const accepted = PARAMETERS.filter(({ required, optional }) => [...required, ...optional].includes(call)).map(
        ({ field }) => field,
      );
      const foreign = PARAMETERS.map(({ field }) => field).filter(
        (field) => !accepted.includes(field) && !field.includes('['),
      );
      for (const name of ['foo', 'CSR', 'constructor', 'prototype', 'toString', ...foreign]) {
        const reply = await client.post(to.path[call], { ...bodyFor(call, to), [name]: 'x' });
        assert.equal(reply.json.type, 'UnrecognizedPropertyException', `${name}: ${reply.text}`);
        assert.equal(reply.json.property, name);
      }
      const nested = await client.post(to.path[call], {
        ...bodyFor(call, to),
        dcv: [{ commonName: to.domain, type: 'DNS', foo: 1 }],
      });
      assert.equal(nested.json.property, 'dcv[0].foo');
      const approver = { firstName: 'A', lastName: 'B', email: 'a@b.io', voice: '+1.2', foo: 'x' };
      const inApprover = await client.post(to.path[call], { ...bodyFor(call, to), approver });
      assert.equal(inApprover.json.property, 'approver.foo');
      assert.deepEqual(await countRecords(client.desk.store), before);
    });
  }
});
