import { approvalAddresses } from '../../core/approval-addresses.ts';
import { invalidValue } from '../../core/errors.ts';
import type { ParsedCsr } from '../../core/ports.ts';
import * as answers from './answers.ts';
import { accept, read } from './endpoint.ts';
import { readOne } from './query.ts';
import { PLAIN_DOMAIN_PATTERN } from './restrictions.ts';
import { authKeyBody, decodeCsrBody } from './schemas.ts';
import { formatTimestamp } from './timestamps.ts';

export const decodeCsr = accept({
  method: 'POST',
  path: '/v2/ssl/decodecsr',
  summary: 'Show what a CSR says',
  lookOnly: true,
  body: decodeCsrBody,
  answers: { 200: answers.csrInfo },
  async handle(world, { body }) {
    return { status: 200, json: renderCsr(await world.context.pki.readCsr(body.csr)) };
  },
});

function renderCsr(csr: ParsedCsr) {
  const { subject } = csr;
  return {
    subject: csr.attributes
      .map(({ type, value }) => `${type}=${value.replaceAll(/[\\,]/g, String.raw`\$&`)}`)
      .join(','),
    ...optional('country', subject.country),
    ...optional('state', subject.state),
    ...optional('locality', subject.locality),
    ...optional('organization', subject.organization),
    ...optional('organizationalUnit', subject.department),
    ...optional('commonName', csr.commonName ?? undefined),
    street: subject.street === undefined ? [] : [subject.street],
    ...optional('postalCode', subject.postalCode),
    ...optional('emailAddress', csr.emailAddress ?? undefined),
    publicKeySize: csr.keyBits,
    publicKeyAlgorithm: csr.keyAlgorithm,
    ...(csr.dnsNames.length === 0 ? {} : { altNames: csr.dnsNames }),
    md5: csr.md5,
    sha256: csr.sha256,
  };
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

export const createAuthKey = accept({
  method: 'POST',
  path: '/v2/ssl/authkey',
  summary: 'Get the key with which a domain is proved before the order',
  lookOnly: true,
  body: authKeyBody,
  answers: { 200: answers.authKey },
  async handle(world, { actor, body }) {
    const product = world.products.productOf(body.product);
    const csr = await world.context.pki.readCsr(body.csr);
    const { authKey, validUntil } = world.authKeys.current(
      actor.accountId,
      product.id,
      csr.sha256,
      world.context.clock.now(),
    );
    return { status: 200, json: { authKey, validity: formatTimestamp(validUntil) } };
  },
});

export const listDcvAddresses = read({
  path: '/v2/ssl/dcvemailaddresslist/:domainName',
  summary: 'List the addresses that may approve a domain',
  query: { product: 'Product code' },
  answers: { 200: answers.addresses },
  async handle(world, { params, query }) {
    const domain = (params['domainName'] ?? '').trim();
    if (domain.length < 3 || domain.length > 255)
      throw invalidValue('domainName', 'size must be between 3 and 255', domain);
    if (!PLAIN_DOMAIN_PATTERN.test(domain))
      throw invalidValue('domainName', `must match "${PLAIN_DOMAIN_PATTERN.source}"`, domain);
    const product = readOne(query, 'product');
    if (product !== undefined) world.products.productOf(product);
    return { status: 200, json: approvalAddresses(domain, world.context.names, 'domainName') };
  },
});
