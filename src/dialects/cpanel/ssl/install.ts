import { createHash } from 'node:crypto';
import type { KeptFile, SubscriberKey } from '../../../core/records.ts';
import type { CertificateDetails } from '../../../pki/certificate-reader.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { addressOf, hostOf, serverName, type VirtualHost } from '../websites.ts';
import { keepWithChain } from './certs.ts';
import { idOf, pemOfFile } from './files.ts';
import { keepKey } from './keys.ts';
import { isCovered } from './matching.ts';
import { readCertificates } from './pem-blocks.ts';
import { domainsOf, keyRecord } from './records.ts';

/**
 * SSL::install_ssl: certificate, key and chain are kept, and put in place on the virtual host that serves the domain.
 * Where it fails after they were kept, the answer names them, as the vendor's does.
 */
export async function installSsl(call: Call): Promise<Answer> {
  const { parameters, world } = call;
  const asked = parameters.required('domain');
  const [certText, keyText] = [parameters.required('cert'), parameters.required('key')];
  const { host, domain } = await hostOf(call, asked);
  const [leaf, ...rest] = readCertificates(certText, 'cert') as [CertificateDetails, ...CertificateDetails[]];
  const bundle = parameters.optional('cabundle');
  const above = bundle === undefined ? rest : [...rest, ...readCertificates(bundle, 'cabundle')];
  checkPair(call, leaf, keyText);
  const file = await keepWithChain(call, leaf, above);
  const key = await keepKey(call, keyText);
  const ids = { cert_id: idOf(world, file), key_id: keyRecord(key).id };
  const reach = reachOf(host, leaf);
  const objection = objectionTo(leaf, reach, world.clock.now());
  if (objection !== null) throw new CallFailure(objection, ids);
  const isUpdate = host.website.certificatePem !== null;
  await putInPlace(call, host, file, key);
  return { data: { ...ids, ...installedAnswer(call, { host, domain, reach, isUpdate }) } };
}

/** The key must be that of the certificate before either is kept. @throws CallFailure, DeskError `invalid-value` */
function checkPair(call: Call, leaf: CertificateDetails, keyText: string): void {
  const { spki } = call.world.keyTools.readKey(keyText);
  if (createHash('sha256').update(spki).digest('hex') === leaf.parsed.spkiHash) return;
  throw new CallFailure('The certificate and the private key do not match.');
}

interface Reach {
  /** Names of the virtual host that the certificate stands for, and those that it does not. */
  working: string[];
  warning: string[];
  /** Names of the certificate that the virtual host does not serve. */
  extra: string[];
}

function reachOf({ hostnames }: VirtualHost, leaf: CertificateDetails): Reach {
  const served = hostnames.map(({ name }) => name);
  const domains = domainsOf(leaf);
  return {
    working: served.filter((name) => isCovered(name, domains)),
    warning: served.filter((name) => !isCovered(name, domains)),
    extra: domains.filter((domain) => !served.some((name) => isCovered(name, [domain]))),
  };
}

function objectionTo(leaf: CertificateDetails, { working }: Reach, now: number): string | null {
  const { notAfter } = leaf.parsed;
  if (notAfter < now) return `The certificate expired on ${new Date(notAfter).toISOString()}.`;
  if (working.length > 0) return null;
  return `The certificate does not match any of the website’s domains. It is for: ${domainsOf(leaf).join(', ')}`;
}

/** Leaf and chain on the virtual host, with their key. Also for what an order has brought. */
export async function putInPlace(
  call: Call,
  { website }: VirtualHost,
  file: KeptFile,
  key: SubscriberKey,
): Promise<void> {
  const { world, actor } = call;
  const certificatePem = `${pemOfFile(file)}${file.chainPem ?? ''}`;
  const { accountId } = actor;
  const [ours] = await world.store.find('certificates', { accountId, fingerprint: file.fingerprint }, { limit: 1 });
  await world.hosting.install(actor, website.id, { certificatePem, keyId: key.id, certificateId: ours?.id ?? null });
}

interface Installed {
  host: VirtualHost;
  domain: string;
  reach: Reach;
  isUpdate: boolean;
}

function installedAnswer({ actor }: Call, { host, domain, reach, isUpdate }: Installed) {
  const ip = addressOf(host);
  const message =
    `The SSL certificate is now installed onto the domain “${domain}” using the IP address “${ip}”.\n` +
    (isUpdate
      ? 'The existing virtual host was updated with the new certificate.'
      : 'A new virtual host was created with the certificate.');
  const html = message.replaceAll('\n', '<br />\n');
  return {
    action: isUpdate ? 'update' : 'add',
    domain,
    extra_certificate_domains: reach.extra,
    html,
    ip,
    message,
    servername: serverName(host),
    statusmsg: message,
    user: actor.handle,
    warning_domains: reach.warning,
    working_domains: reach.working,
  };
}

/** SSL::delete_ssl: nothing is installed on the virtual host any more; what is kept stays kept. */
export async function deleteSsl(call: Call): Promise<Answer> {
  const { host, domain } = await hostOf(call, call.parameters.required('domain'));
  if (host.website.certificatePem === null)
    throw new CallFailure(`The domain “${domain}” does not have SSL installed.`);
  await call.world.hosting.uninstall(call.actor, host.website.id);
  return { data: null };
}
