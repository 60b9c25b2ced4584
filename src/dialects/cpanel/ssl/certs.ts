import type { KeptFile } from '../../../core/records.ts';
import { DAY } from '../../../core/time.ts';
import { type CertificateDetails, readCertificateDetails } from '../../../pki/certificate-reader.ts';
import type { Answer, Call } from '../call.ts';
import { accountNames } from '../websites.ts';
import { DIALECT } from '../world.ts';
import { knownChain } from './chains.ts';
import { certificateAsk } from './csrs.ts';
import { filesOf, keepCertificate, pemOfFile } from './files.ts';
import { askedFile } from './find.ts';
import { changedLabel, newLabel } from './labels.ts';
import { certificateText } from './openssl-text.ts';
import { bundleOf, chainAbove, readCertificates } from './pem-blocks.ts';
import { certificateRecord, domainsOf } from './records.ts';
import { isCovered } from './matching.ts';

/** Certificates: SSL::generate_cert, upload_cert, list_certs, show_cert, delete_cert and set_cert_friendly_name. */

/** How long a certificate that signs itself lives, as the vendor's do. */
const SELF_SIGNED_LIFE = 365 * DAY;

export async function generateCert(call: Call): Promise<Answer> {
  const { actor, world } = call;
  const { key, ...ask } = await certificateAsk(call);
  const notBefore = world.clock.now();
  const term = { serial: world.random.bytes(16), notBefore, notAfter: notBefore + SELF_SIGNED_LIFE };
  const der = await world.subscriberKeys.makeSelfSigned(actor, key.id, { ...ask, ...term });
  const label = await newLabel(call, 'certificate', ask.commonName);
  const file = await keepCertificate(call, { der, chainPem: null, label });
  const { issuer_text: _issuer, subject_text: _subject, ...shown } = certificateRecord(file);
  return { data: { ...shown, text: pemOfFile(file) } };
}

export async function uploadCert(call: Call): Promise<Answer> {
  const [leaf, ...above] = readCertificates(call.parameters.required('crt'), 'crt') as [CertificateDetails];
  const file = await keepWithChain(call, leaf, above);
  const { issuer_text: _issuer, subject_text: _subject, serial: _serial, ...shown } = certificateRecord(file, leaf);
  return { data: [shown] };
}

/** Keeps a certificate with what is known to stand above it; as on record where it is kept already. */
export async function keepWithChain(
  call: Call,
  leaf: CertificateDetails,
  above: readonly CertificateDetails[],
): Promise<KeptFile> {
  const sent = chainAbove(leaf, above);
  const chainPem = bundleOf(sent.length > 0 ? sent : await knownChain(call.world, leaf));
  const { der, commonName, serial, fingerprint } = leaf.parsed;
  const { accountId } = call.actor;
  const [known] = await call.world.store.find('keptFiles', { accountId, dialect: DIALECT, fingerprint }, { limit: 1 });
  const label = known?.label ?? (await newLabel(call, 'certificate', commonName ?? domainsOf(leaf)[0] ?? serial));
  return keepCertificate(call, { der, chainPem, label });
}

export async function listCerts(call: Call): Promise<Answer> {
  const [files, names] = await Promise.all([filesOf(call, { type: 'certificate' }), accountNames(call)]);
  const data = files.map((file) => {
    const record = certificateRecord(file);
    return { ...record, domain_is_configured: names.some((name) => isCovered(name, record.domains)) ? 1 : 0 };
  });
  return { data };
}

export async function showCert(call: Call): Promise<Answer> {
  const file = await askedFile(call, 'certificate');
  const details = readCertificateDetails(file.der);
  const { issuer_text: _issuer, subject_text: _subject, serial: _serial, ...shown } = certificateRecord(file, details);
  return { data: { cert: pemOfFile(file), details: shown, text: certificateText(details) } };
}

/** From the store alone: what is installed stays in place. */
export async function deleteCert(call: Call): Promise<Answer> {
  const file = await askedFile(call, 'certificate');
  await call.world.keptFiles.remove(call.actor, file.id);
  return { data: [certificateRecord(file)] };
}

export async function setCertFriendlyName(call: Call): Promise<Answer> {
  const file = await askedFile(call, 'certificate');
  await call.world.keptFiles.rename(call.actor, file.id, await changedLabel(call, 'certificate', file.label));
  return { data: null };
}
