import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constructedAddresses } from '../../src/validation/email-addresses.ts';

test('five addresses for the domain and each parent down to the registrable domain', () => {
  assert.deepEqual(constructedAddresses('*.A.b.example.co.uk', 'example.co.uk').length, 15);
  assert.deepEqual(constructedAddresses('www.example.com', 'example.com'), [
    'admin@www.example.com',
    'administrator@www.example.com',
    'webmaster@www.example.com',
    'hostmaster@www.example.com',
    'postmaster@www.example.com',
    'admin@example.com',
    'administrator@example.com',
    'webmaster@example.com',
    'hostmaster@example.com',
    'postmaster@example.com',
  ]);
});

test('attack: nothing for a domain beside or above the registrable one', () => {
  assert.deepEqual(constructedAddresses('notexample.com', 'example.com'), []);
  assert.deepEqual(constructedAddresses('com', 'example.com'), []);
});
