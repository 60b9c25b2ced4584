import { openssl } from './openssl.ts';

const pem = openssl([
  'req',
  '-x509',
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-days',
  '1',
  '-subj',
  '/CN=nobody.invalid',
  '-keyout',
  '-',
]);

/** A certificate that no client has reason to trust, with its key, in PEM (one text holds both). */
export const selfSigned = { cert: pem, key: pem };
