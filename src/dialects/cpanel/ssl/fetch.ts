import type { KeptFile } from '../../../core/records.ts';
import { type CertificateDetails, readCertificateDetails } from '../../../pki/certificate-reader.ts';
import { toPem } from '../../../pki/pem.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { accountNames, addressOf, virtualHosts } from '../websites.ts';
import { DIALECT } from '../world.ts';
import { knownChain } from './chains.ts';
import { domainList } from './csrs.ts';
import { filesOf, keyOfFile, pemOfFile } from './files.ts';
import { askedFile } from './find.ts';
import { vendorPem } from './keys.ts';
import { isCovered } from './matching.ts';
import { bundleOf, readCertificates } from './pem-blocks.ts';
import { certificateRecord, domainsOf, isSelfSigned } from './records.ts';
import { verifyError } from './verify.ts';

/** Certificates with what belongs to them: the key, which is shown to its account and on record each time, and the chain. */

export async function fetchCertInfo(call: Call): Promise<Answer> {
  const file = await askedFile(call, 'certificate');
  const details = readCertificateDetails(file.der);
  const address = await addressFor(call, file.names[0] ?? '');
  return {
    data: {
      cabundle: await bundleFor(call, file, details),
      certificate: pemOfFile(file),
      is_self_signed: isSelfSigned(details) ? 1 : 0,
      key: await keyPem(call, file.spkiHash),
      'subject.commonName_ip': address,
    },
  };
}

/** The certificate for the domain that is best to be installed: valid now, not of its own, with the latest end. */
export async function fetchBestForDomain(call: Call): Promise<Answer> {
  const domain = call.world.names.normalise(call.parameters.required('domain'), 'domain');
  const now = call.world.clock.now();
  const fitting = (await filesOf(call, { type: 'certificate' }))
    .filter((file) => isCovered(domain, file.names) && (file.notAfter ?? 0) > now && (file.notBefore ?? 0) <= now)
    .map((file) => ({ file, details: readCertificateDetails(file.der) }));
  const keyed = await withKeys(call, fitting);
  const [best] = keyed.toSorted(
    (a, b) =>
      Number(isSelfSigned(a.details)) - Number(isSelfSigned(b.details)) ||
      (b.file.notAfter as number) - (a.file.notAfter as number),
  );
  if (best !== undefined) return { data: await whole(call, domain, best.file, best.details) };
  const statusmsg = `There is no certificate with its key for the domain “${domain}”.`;
  return { data: { ...(await origin(call, domain)), cab: null, crt: null, key: null, status: 0, statusmsg } };
}

interface Found {
  file: KeptFile;
  details: CertificateDetails;
}

async function withKeys(call: Call, found: readonly Found[]): Promise<Found[]> {
  const keys = await call.world.store.find('subscriberKeys', {
    accountId: call.actor.accountId,
    dialect: DIALECT,
    spkiHash: found.map(({ file }) => file.spkiHash),
  });
  const hashes = new Set(keys.map(({ spkiHash }) => spkiHash));
  return found.filter(({ file }) => hashes.has(file.spkiHash));
}

/** The key for a certificate that the caller has, whether it is kept here or not. */
export async function fetchKeyAndCabundleForCertificate(call: Call): Promise<Answer> {
  const text = call.parameters.required('certificate');
  const [details] = readCertificates(text, 'certificate') as [CertificateDetails];
  const { der, spkiHash, fingerprint } = details.parsed;
  const domain = domainsOf(details)[0] ?? '';
  if ((await keyOfFile(call, spkiHash)) === null) {
    throw new CallFailure('There is no private key for this certificate.');
  }
  const { accountId } = call.actor;
  const [kept] = await call.world.store.find('keptFiles', { accountId, dialect: DIALECT, fingerprint }, { limit: 1 });
  const file = { der, spkiHash, chainPem: kept?.chainPem ?? null, type: 'certificate' } as const;
  return { data: await whole(call, domain, file, details) };
}

type Kept = Pick<KeptFile, 'der' | 'spkiHash' | 'chainPem' | 'type'>;

async function whole(call: Call, domain: string, file: Kept, details: CertificateDetails) {
  return {
    ...(await origin(call, domain)),
    cab: await bundleFor(call, file, details),
    crt: toPem('CERTIFICATE', file.der),
    key: await keyPem(call, file.spkiHash),
    status: 1,
    statusmsg: 'ok',
  };
}

async function origin(call: Call, domain: string) {
  const user = call.actor.handle;
  const ip = await addressFor(call, domain);
  return { crt_origin: user, domain, ip, key_origin: user, searched_users: [user], user };
}

export async function fetchCertificatesForFqdns(call: Call): Promise<Answer> {
  const wanted = domainList(call, call.parameters.required('domains'));
  const served = await accountNames(call);
  const files = (await filesOf(call, { type: 'certificate' })).filter(({ names }) =>
    wanted.some((name) => isCovered(name, names)),
  );
  const data = [];
  for (const file of files) {
    const details = readCertificateDetails(file.der);
    const record = certificateRecord(file, details);
    const above = await knownChain(call.world, details);
    data.push({
      ...record,
      cab: file.chainPem ?? bundleOf(above),
      crt: pemOfFile(file),
      domain_is_configured: served.some((name) => isCovered(name, record.domains)) ? 1 : 0,
      key: await keyPem(call, file.spkiHash),
      verify_error: verifyError(details, file.chainPem !== null || above.length > 0, call.world.clock.now()),
    });
  }
  return { data };
}

/** SSL::get_cabundle: for any certificate that an issuer of this desk has signed, or that is kept with its chain. */
export async function getCabundle(call: Call): Promise<Answer> {
  const [details] = readCertificates(call.parameters.required('cert'), 'cert') as [CertificateDetails];
  const { fingerprint } = details.parsed;
  const { accountId } = call.actor;
  const [kept] = await call.world.store.find('keptFiles', { accountId, dialect: DIALECT, fingerprint }, { limit: 1 });
  const cab = kept?.chainPem ?? bundleOf(await knownChain(call.world, details));
  const domain = domainsOf(details)[0] ?? null;
  if (cab === null) throw new CallFailure(`There is no certificate authority bundle for “${domain}”.`);
  const [issuing] = readCertificates(cab, 'cert') as [CertificateDetails];
  return { data: { bundle: issuing.parsed.commonName, cab, domain } };
}

async function bundleFor(call: Call, file: Pick<KeptFile, 'chainPem'>, details: CertificateDetails) {
  return file.chainPem ?? bundleOf(await knownChain(call.world, details));
}

/** Null where the account does not keep the key. */
async function keyPem(call: Call, spkiHash: string): Promise<string | null> {
  const key = await keyOfFile(call, spkiHash);
  if (key === null) return null;
  return vendorPem(await call.world.subscriberKeys.show(call.actor, key.id, `${call.module}::${call.func}`));
}

async function addressFor(call: Call, domain: string): Promise<string | null> {
  const host = (await virtualHosts(call)).find(({ hostnames }) => hostnames.some(({ name }) => name === domain));
  return host === undefined ? null : addressOf(host);
}
