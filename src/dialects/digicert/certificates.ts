import type { Actor } from '../../core/desk.ts';
import type { Certificate } from '../../core/records.ts';
import { seesOrderOf } from '../../core/scope.ts';
import { certificateFile, FORMATS, PEM_FILE, pemsAsZip, PKCS7_FILE, ZIP, type Format } from './certificate-files.ts';
import { certificateMembers, certificateStatus } from './certificate-view.ts';
import { certificateExtra } from './carried.ts';
import { act, idOf, read, type Answer, type Call } from './endpoint.ts';
import { invalidParameter, unknownObject, VendorError } from './errors.ts';
import { readOne } from './list-query.ts';
import * as answers from './order-answers.ts';
import { hexOf } from './order-fields.ts';
import { certificatesBySerial, ownOrder, primaryOf, readOrder, requestsOfKind } from './order-records.ts';
import { chainOf, crlfPem, renderChain } from './pem.ts';
import type { World } from './world.ts';

async function sees(world: World, actor: Actor, certificate: Certificate): Promise<boolean> {
  return certificate.accountId === actor.accountId && seesOrderOf(world.context.store, actor, certificate);
}

/** A certificate of the actor's account. @throws VendorError `not_found|certificate`, also while it is not issued */
async function ownCertificate(world: World, actor: Actor, id: number): Promise<Certificate> {
  const certificate = await world.context.store.get('certificates', id);
  if (certificate === null || !(await sees(world, actor, certificate))) throw unknownObject('certificate');
  return certificate;
}

/** A certificate by id, or by serial number. @throws VendorError `not_found|certificate` */
export async function findCertificate(world: World, actor: Actor, text: string): Promise<Certificate> {
  if (/^[0-9]{1,15}$/.test(text)) {
    const certificate = await world.context.store.get('certificates', Number(text));
    if (certificate !== null && (await sees(world, actor, certificate))) return certificate;
  }
  const serial = hexOf(text);
  if (!/^[0-9A-F]{1,64}$/.test(serial)) throw unknownObject('certificate');
  const [found] = await certificatesBySerial(world, actor.accountId, [serial]);
  if (found === undefined || !(await sees(world, actor, found))) throw unknownObject('certificate');
  return found;
}

/** The certificate that the order in the path stands for; a duplicate of it where `subId` names one. */
async function ofOrder(world: World, call: Call): Promise<Certificate> {
  const order = await ownOrder(world, call.actor, idOf(call, 'orderId', 'order'));
  const records = await readOrder(world, order);
  const subId = readOne(call.query, 'subId');
  const wanted =
    subId === undefined
      ? primaryOf(records).request
      : requestsOfKind(records, 'duplicate').find(({ id }, index) => subId === String(id) || subId === subIdOf(index));
  const certificate = records.certificates.find(({ requestId }) => requestId === wanted?.id);
  if (certificate === undefined) throw unknownObject('certificate');
  return certificate;
}

/** Duplicates of an order are numbered `001`, `002` … beside their ids. */
export function subIdOf(index: number): string {
  return String(index + 1).padStart(3, '0');
}

/** @throws VendorError `invalid_value:format` */
function readFormat(text: string): Format {
  const format = FORMATS.find((known) => known === text.toLowerCase());
  if (format === undefined) throw invalidParameter('format', `It must be one of ${FORMATS.join(', ')}`);
  return format;
}

/** What a server of this platform takes. Lemur expects the whole chain of platform 29. */
const PLATFORM_FORMATS: Readonly<Record<number, Format>> = {
  2: 'apache',
  14: 'default_cer',
  29: 'pem_all',
  40: 'default_cer',
  67: 'default_cer',
  68: 'default_cer',
};

function platformFormat(platform: number): Format {
  return PLATFORM_FORMATS[platform] ?? 'default';
}

async function download(world: World, call: Call, certificate: Certificate, format: Format): Promise<Answer> {
  const [, ...chain] = await chainOf(world, certificate);
  const file = certificateFile(format, { certificate, chain });
  const zipped = file.type === PEM_FILE && call.accept.trim().toLowerCase() === ZIP;
  return { status: 200, content: zipped ? pemsAsZip({ certificate, chain }) : file };
}

async function platformOf(world: World, certificate: Certificate): Promise<number> {
  const request = await world.context.store.get('requests', certificate.requestId);
  return request === null ? -1 : certificateExtra(request).serverPlatform;
}

const FILES = { 200: [ZIP, PEM_FILE, PKCS7_FILE] } as const;
const FORMAT_HELP = { formatType: `One of ${FORMATS.join(', ')}`, subId: 'Number of a duplicate' };

export const downloadFormat = read({
  path: '/certificate/:certificateId/download/format/:format',
  summary: `Download a certificate as ${FORMATS.join(', ')}`,
  answers: FILES,
  async handle(world, call) {
    const format = readFormat(call.params['format'] ?? '');
    const certificate = await ownCertificate(world, call.actor, idOf(call, 'certificateId', 'certificate'));
    return download(world, call, certificate, format);
  },
});

export const downloadPlatform = read({
  path: '/certificate/:certificateId/download/platform/:platformId',
  summary: 'Download a certificate as a server of this platform takes it',
  answers: FILES,
  async handle(world, call) {
    const platform = call.params['platformId'] ?? '';
    if (!/^-?[0-9]{1,9}$/.test(platform)) throw unknownObject('server_platform');
    const certificate = await ownCertificate(world, call.actor, idOf(call, 'certificateId', 'certificate'));
    return download(world, call, certificate, platformFormat(Number(platform)));
  },
});

export const downloadOwnPlatform = read({
  path: '/certificate/:certificateId/download/platform',
  summary: 'Download a certificate as the platform that it was ordered for takes it',
  answers: FILES,
  async handle(world, call) {
    const certificate = await ownCertificate(world, call.actor, idOf(call, 'certificateId', 'certificate'));
    return download(world, call, certificate, platformFormat(await platformOf(world, certificate)));
  },
});

export const downloadOrder = read({
  path: '/certificate/download/order/:orderId',
  summary: "Download an order's certificate",
  query: FORMAT_HELP,
  answers: FILES,
  async handle(world, call) {
    const asked = readOne(call.query, 'formatType');
    const certificate = await ofOrder(world, call);
    const format = asked === undefined ? platformFormat(await platformOf(world, certificate)) : readFormat(asked);
    return download(world, call, certificate, format);
  },
});

export const downloadOrderFormat = read({
  path: '/certificate/download/order/:orderId/format/:format',
  summary: "Download an order's certificate in a format",
  query: { subId: FORMAT_HELP.subId },
  answers: FILES,
  async handle(world, call) {
    const format = readFormat(call.params['format'] ?? '');
    return download(world, call, await ofOrder(world, call), format);
  },
});

export const downloadOrderPlatform = read({
  path: '/certificate/download/order/:orderId/platform',
  summary: "Download an order's certificate as the platform that it was ordered for takes it",
  query: { subId: FORMAT_HELP.subId },
  answers: FILES,
  async handle(world, call) {
    const certificate = await ofOrder(world, call);
    return download(world, call, certificate, platformFormat(await platformOf(world, certificate)));
  },
});

export const getChain = read({
  path: '/certificate/:certificateId/chain',
  summary: 'Get a certificate with those above it: leaf first, root last',
  answers: { 200: answers.chain },
  async handle(world, call) {
    const certificate = await ownCertificate(world, call.actor, idOf(call, 'certificateId', 'certificate'));
    return { status: 200, json: { intermediates: await renderChain(world, certificate) } };
  },
});

export const listIntermediates = read({
  path: '/certificate/intermediates',
  summary: 'List the certificates that issue here',
  answers: { 200: answers.intermediates },
  async handle(world) {
    const { store, pki } = world.context;
    const keys = await store.find('caKeys', { name: 'intermediate', retiredAt: null });
    const intermediates = keys.map(({ certificate }) => {
      const { sha1, commonName, issuerName } = pki.readCertificate(certificate);
      const issuer = /(?:^|,)\s*CN=((?:\\.|[^,])*)/.exec(issuerName)?.[1] ?? issuerName;
      const pem = crlfPem('CERTIFICATE', certificate);
      return { subject_common_name: commonName ?? '', issuer_common_name: issuer, thumbprint: sha1, pem };
    });
    return { status: 200, json: { intermediates } };
  },
});

export const getCertificate = read({
  path: '/certificate/:certificateId',
  summary: 'Get a certificate by id or serial number',
  answers: { 200: answers.oneCertificate },
  async handle(world, call) {
    const { store, clock } = world.context;
    const certificate = await findCertificate(world, call.actor, call.params['certificateId'] ?? '');
    const request = await store.get('requests', certificate.requestId);
    const order = certificate.orderId === null ? null : await store.get('orders', certificate.orderId);
    if (request === null) throw unknownObject('certificate');
    const json = {
      ...(await certificateMembers(world, { request, certificate }, order?.organizationId ?? null)),
      status: certificateStatus(certificate, clock.now()),
      ...(order === null ? {} : { order_id: order.id }),
      archived: certificate.archivedAt === null ? 0 : 1,
    };
    return { status: 200, json };
  },
});

async function archive(world: World, call: Call, archived: boolean): Promise<Answer> {
  const certificate = await ownCertificate(world, call.actor, idOf(call, 'certificateId', 'certificate'));
  if (archived && certificate.orderId !== null) {
    const order = await ownOrder(world, call.actor, certificate.orderId);
    if (primaryOf(await readOrder(world, order)).request.id === certificate.requestId) throw cannotArchive();
  }
  await world.context.desk.archiveCertificate(call.actor, certificate.id, archived);
  return { status: 204 };
}

function cannotArchive(): VendorError {
  const message = 'The primary certificate of an order cannot be archived.';
  return new VendorError(400, 'cannot_archive_primary_certificate', message);
}

export const archiveCertificate = act({
  method: 'PUT',
  path: '/certificate/:certificateId/archive',
  summary: 'Put a replaced certificate or a duplicate out of sight',
  answers: { 204: null },
  handle: (world, call) => archive(world, call, true),
});

export const unarchiveCertificate = act({
  method: 'PUT',
  path: '/certificate/:certificateId/unarchive',
  summary: 'Show an archived certificate again',
  answers: { 204: null },
  handle: (world, call) => archive(world, call, false),
});
