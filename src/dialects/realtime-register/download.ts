import { zipSync, type Zippable } from 'fflate';
import { invalidValue, notFound } from '../../core/errors.ts';
import type { Certificate } from '../../core/records.ts';
import { toPem } from '../../pki/pem.ts';
import { certificatesAsPkcs7 } from '../../pki/pkcs7.ts';
import { ownCertificate } from './certificates.ts';
import { idOf, read } from './endpoint.ts';
import { readOne } from './query.ts';
import type { World } from './world.ts';

export const FORMATS = ['CSR', 'CRT', 'ZIP', 'PKCS7', 'CA', 'CA_BUNDLE'] as const;
type Format = (typeof FORMATS)[number];

/** All that a download is made of, DER. */
interface Material {
  certificate: Certificate;
  csr: Uint8Array | null;
  /** Issuing certificate first, root last; empty where the issuer is not known here. */
  chain: Uint8Array[];
}

export const downloadCertificate = read({
  path: '/v2/ssl/certificates/:certificateId/download',
  summary: 'Download a certificate; the body is base64 text',
  query: { format: `One of ${FORMATS.join(', ')}; by default ZIP` },
  answers: { 200: 'base64' },
  async handle(world, call) {
    const format = readFormat(readOne(call.query, 'format') ?? 'ZIP');
    const certificate = await ownCertificate(world, call.actor, idOf(call, 'certificateId', 'Certificate'));
    const content = contentOf(format, await readMaterial(world, certificate));
    return { status: 200, text: Buffer.from(content).toString('base64') };
  },
});

function readFormat(text: string): Format {
  const format = FORMATS.find((known) => known === text.toUpperCase());
  if (format === undefined) throw invalidValue('format', `must be any of ${FORMATS.join(', ')}`, text);
  return format;
}

async function readMaterial(world: World, certificate: Certificate): Promise<Material> {
  const { store, issuers } = world.context;
  const request = await store.get('requests', certificate.requestId);
  const chain = (await issuers.get(certificate.issuer)?.chain(certificate.der)) ?? [];
  return { certificate, csr: request?.csr ?? null, chain };
}

function contentOf(format: Format, material: Material): string | Uint8Array {
  switch (format) {
    case 'CRT':
      return leafPem(material);
    case 'CSR':
      return csrPem(material) ?? missing('a CSR');
    case 'CA':
      return toPem('CERTIFICATE', material.chain[0] ?? missing('an issuing certificate'));
    case 'CA_BUNDLE':
      return material.chain.length === 0 ? missing('an issuing certificate') : bundlePem(material);
    case 'PKCS7':
      return toPem('PKCS7', pkcs7(material));
    case 'ZIP':
      return zip(material);
  }
}

function missing(what: string): never {
  throw notFound(`For this certificate ${what}`);
}

function leafPem({ certificate }: Material): string {
  return toPem('CERTIFICATE', certificate.der);
}

function csrPem({ csr }: Material): string | null {
  return csr === null ? null : toPem('CERTIFICATE REQUEST', csr);
}

function bundlePem({ chain }: Material): string {
  return chain.map((der) => toPem('CERTIFICATE', der)).join('');
}

function pkcs7({ certificate, chain }: Material): Uint8Array {
  return certificatesAsPkcs7([certificate.der, ...chain]);
}

/** The bundle is the archive's first file: a known client takes the base name of all others from it. */
function zip(material: Material): Uint8Array {
  // The name of an imported certificate may be anything: nothing in it may lead out of the folder.
  const name = material.certificate.commonName.replace('*', 'STAR').replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const csr = csrPem(material);
  const files: Zippable = {
    [`Linux/${name}.ca-bundle`]: utf8(bundlePem(material)),
    [`Linux/${name}.crt`]: utf8(leafPem(material)),
    ...(csr === null ? {} : { [`Linux/${name}.csr`]: utf8(csr) }),
    [`Windows/${name}.p7b`]: utf8(toPem('PKCS7', pkcs7(material))),
  };
  return zipSync(files, { mtime: zipTime(material.certificate.createdAt) });
}

/** ZIP knows no time before 1980. */
function zipTime(at: number): Date {
  return new Date(Math.max(at, Date.UTC(1980, 0, 2)));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
