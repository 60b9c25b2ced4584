import type { Actor } from '../../core/desk.ts';
import { notFound } from '../../core/errors.ts';
import type { Certificate } from '../../core/records.ts';
import { toPem } from '../../pki/pem.ts';
import * as answers from './answers.ts';
import type { Previous } from './ask.ts';
import { certificateFields, IMPORTED, STATUS_OF } from './certificate-fields.ts';
import { idOf, ownCustomer, read, type Answer, type Call } from './endpoint.ts';
import { LIST_PARAMETERS } from './list-query.ts';
import { listAnswer } from './lists.ts';
import { CERTIFICATE_TYPES, VALIDATION_TYPES } from './products.ts';
import { pick, readFields } from './query.ts';
import { formatTimestamp } from './timestamps.ts';
import type { World } from './world.ts';

/** A certificate of the actor's account. @throws DeskError `not-found` */
export async function ownCertificate(world: World, actor: Actor, id: number): Promise<Certificate> {
  const certificate = await world.context.store.get('certificates', id);
  if (certificate === null || certificate.accountId !== actor.accountId) throw notFound(`Certificate ${id}`);
  return certificate;
}

/** The certificate that a reissue or renewal follows, and the request it came from. @throws DeskError `not-found` */
export async function ownPrevious(world: World, actor: Actor, id: number): Promise<Previous> {
  const certificate = await ownCertificate(world, actor, id);
  return { certificate, request: await world.context.store.get('requests', certificate.requestId) };
}

/** Certificates as the vendor shows them. The CSRs are read only where they are wanted. */
export async function renderCertificates(
  world: World,
  handle: string,
  certificates: readonly Certificate[],
  wanted: ReadonlySet<string> | null,
): Promise<object[]> {
  const csrs = wanted === null || wanted.has('csr') ? await csrsOf(world, certificates) : new Map();
  return certificates.map((certificate) =>
    renderCertificate(world, handle, certificate, csrs.get(certificate.requestId) ?? null),
  );
}

async function csrsOf(world: World, certificates: readonly Certificate[]): Promise<Map<number, Uint8Array | null>> {
  if (certificates.length === 0) return new Map();
  const requests = await world.context.store.find('requests', { id: certificates.map((one) => one.requestId) });
  return new Map(requests.map((request) => [request.id, request.csr]));
}

function renderCertificate(world: World, handle: string, certificate: Certificate, csr: Uint8Array | null) {
  const product = world.context.catalogue.get(certificate.product);
  const others = certificate.names.filter((name) => name !== certificate.commonName);
  const showsOthers = product?.names === 'multi' || (certificate.product === IMPORTED && others.length > 0);
  return {
    id: certificate.id,
    process: certificate.requestId,
    customer: handle,
    product: world.products.codeOf(certificate.product),
    validationType: product === undefined ? importedValidationType(certificate) : VALIDATION_TYPES[product.level],
    certificateType: product === undefined ? importedCertificateType(certificate) : CERTIFICATE_TYPES[product.names],
    domainName: certificate.commonName,
    ...optional('organization', certificate.organization),
    ...optional('department', certificate.department),
    ...(certificate.street === null ? {} : { addressLine: [certificate.street] }),
    ...optional('postalCode', certificate.postalCode),
    ...optional('city', certificate.locality),
    ...optional('state', certificate.province),
    ...optional('country', certificate.country),
    ...optional('coc', certificate.registrationNumber),
    ...optional('providerId', certificate.orderId === null ? null : String(certificate.orderId)),
    startDate: formatTimestamp(certificate.notBefore),
    expiryDate: formatTimestamp(certificate.notAfter),
    ...optional(
      'subscriptionEndDate',
      certificate.subscriptionEndsAt === null ? null : formatTimestamp(certificate.subscriptionEndsAt),
    ),
    ...(showsOthers ? { san: others } : {}),
    status: STATUS_OF[certificate.state],
    publicKeyAlgorithm: certificate.keyAlgorithm,
    publicKeySize: certificate.keyBits,
    ...(csr === null ? {} : { csr: toPem('CERTIFICATE REQUEST', csr) }),
    certificate: toPem('CERTIFICATE', certificate.der),
    fingerprint: certificate.fingerprint,
  };
}

/** As the filters of the list see them (certificate-fields.ts). */
function importedValidationType(certificate: Certificate) {
  return certificate.organization === null ? VALIDATION_TYPES.DV : VALIDATION_TYPES.OV;
}

function importedCertificateType(certificate: Certificate) {
  return certificate.commonName.startsWith('*.') ? CERTIFICATE_TYPES.wildcard : CERTIFICATE_TYPES.single;
}

function optional(name: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [name]: value };
}

async function getOne(world: World, call: Call): Promise<Answer> {
  const certificate = await ownCertificate(world, call.actor, idOf(call, 'certificateId', 'Certificate'));
  const wanted = readFields(call.query);
  const [entity = {}] = await renderCertificates(world, call.actor.handle, [certificate], wanted);
  return { status: 200, json: pick(entity, wanted, 'id') };
}

function listAll(world: World, { actor, query }: Call): Promise<Answer> {
  const listing = {
    kind: 'certificates' as const,
    fields: certificateFields(world),
    render: (records: readonly Certificate[], wanted: ReadonlySet<string> | null) =>
      renderCertificates(world, actor.handle, records, wanted),
  };
  return listAnswer(world, actor.accountId, listing, query);
}

const FIELDS = { fields: 'Members wanted, as a comma list or repeated' };

export const getCertificate = read({
  path: '/v2/ssl/certificates/:certificateId',
  summary: 'Get a certificate',
  query: FIELDS,
  answers: { 200: answers.certificate },
  handle: getOne,
});

export const listCertificates = read({
  path: '/v2/ssl/certificates',
  summary: 'List certificates',
  query: LIST_PARAMETERS,
  answers: { 200: answers.page(answers.certificate) },
  handle: listAll,
});

export const getCustomerCertificate = read({
  path: '/v2/customers/:customer/certificates/:certificateId',
  summary: 'Get a certificate (older path)',
  query: FIELDS,
  answers: { 200: answers.certificate },
  async handle(world, call) {
    ownCustomer(call.actor, call.params['customer'] ?? '');
    return getOne(world, call);
  },
});

export const listCustomerCertificates = read({
  path: '/v2/customers/:customer/certificates',
  summary: 'List certificates (older path)',
  query: LIST_PARAMETERS,
  answers: { 200: answers.page(answers.certificate) },
  async handle(world, call) {
    ownCustomer(call.actor, call.params['customer'] ?? '');
    return listAll(world, call);
  },
});
