import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { DomainControl } from '../../src/core/ports.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { createDomainControl } from '../../src/validation/domain-control.ts';
import { createResolver } from '../../src/validation/resolver.ts';

const clock = { now: () => Date.parse('2026-11-22T08:00:00Z') };
let sandbox: Sandbox;
let control: DomainControl;

before(async () => {
  sandbox = await startSandbox({ clock });
  const random = { bytes: (length: number) => randomBytes(length) };
  const resolver = createResolver({ serversFor: () => [sandbox.dns], timeoutMs: 2_000, attempts: 2, random, clock });
  const guard = createAddressGuard();
  const http = { route: (host: string, port: number) => sandbox.route(host, port) };
  control = createDomainControl({ resolver, guard, caIdentifiers: ['ca.example'], clock, http });
});
after(() => sandbox.close());

const outcome = async (challenge: Parameters<DomainControl['check']>[0][number]) =>
  (await control.check([challenge])).outcome;

test('a TXT record validates once it is published', async () => {
  const challenge = { method: 'dns', record: 'TXT', name: '_dnsauth.shop.example', value: 'token' } as const;
  assert.equal(await outcome(challenge), 'not-found');
  sandbox.publishDns({ name: '_dnsauth.shop.example', type: 'TXT', value: 'other' });
  assert.equal(await outcome(challenge), 'mismatch');
  sandbox.publishDns({ name: '_dnsauth.shop.example', type: 'TXT', value: 'token' });
  assert.equal(await outcome(challenge), 'passed');
});

test('a CNAME record validates once it is published', async () => {
  const challenge = { method: 'dns', record: 'CNAME', name: '_abc.shop.example.com', value: 'def.ca.example' } as const;
  assert.equal(await outcome(challenge), 'not-found');
  sandbox.publishDns({ name: '_abc.shop.example.com', type: 'CNAME', value: 'def.ca.example.' });
  assert.equal(await outcome(challenge), 'passed');
});

test('a file validates once it is published, for hosts that nobody has set up', async () => {
  const path = '/.well-known/pki-validation/fileauth.txt';
  const challenge = { method: 'http', host: 'files.test', path, content: 'token' } as const;
  assert.notEqual(await outcome(challenge), 'passed');
  sandbox.publishFile({ host: 'files.test', path, content: 'token' });
  assert.equal(await outcome(challenge), 'passed');
});

test('a name that was pointed at an internal address is refused, as in the real world', async () => {
  const path = '/.well-known/pki-validation/fileauth.txt';
  sandbox.publishFile({ host: 'metadata.test', path, content: 'token' });
  sandbox.publishDns({ name: 'metadata.test', type: 'A', value: '169.254.169.254' });
  assert.equal(await outcome({ method: 'http', host: 'metadata.test', path, content: 'token' }), 'refused');
});

test('CAA climbs to the top of example.com, and a record counts at once', async () => {
  const caa = async (name: string) => (await control.caa(name)).status;
  assert.equal(await caa('www.caa.example.com'), 'empty');
  assert.equal(await caa('www.caa.example.org'), 'empty');
  assert.equal(await caa('caa.test'), 'empty');
  sandbox.publishDns({ name: 'caa.example.com', type: 'CAA', value: '0 issue "other.example"' });
  assert.equal(await caa('www.caa.example.com'), 'denied');
  sandbox.publishDns({ name: 'caa.example.com', type: 'CAA', value: '0 issue "ca.example"' });
  assert.equal(await caa('www.caa.example.com'), 'allowed');
  sandbox.publishDns({ name: 'caa.example.org', type: 'CAA', value: '128 unheard "x"' });
  assert.equal(await caa('caa.example.org'), 'critical-unknown-tag');
});
