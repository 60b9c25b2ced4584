import type { CertificateDetails } from '../../../pki/certificate-reader.ts';
import { readAccount, writeAccount } from '../account-settings.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { addressOf, documentRoot, hostOf, serverName, type VirtualHost, virtualHosts } from '../websites.ts';
import { isAutomatic } from './autossl-orders.ts';
import { fileIdOf } from './ids.ts';
import { keyNumbers } from './key-numbers.ts';
import { readCertificates } from './pem-blocks.ts';
import { certificateMembers } from './records.ts';
import { verifyError } from './verify.ts';

/** What is installed: SSL::installed_hosts, installed_host and set_primary_ssl. */

/** Leaf and how many certificates are sent with it; null where nothing is installed. */
function installedOn({ website }: VirtualHost): { leaf: CertificateDetails; above: number } | null {
  if (website.certificatePem === null) return null;
  const [leaf, ...above] = readCertificates(website.certificatePem, 'cert') as [CertificateDetails];
  return { leaf, above: above.length };
}

/** As a website shows it: without `serial`. */
function shown(leaf: CertificateDetails) {
  const { serial: _, ...members } = certificateMembers(leaf);
  const { commonName, dnsNames, fingerprint, notAfter, spki } = leaf.parsed;
  const named = { type: 'certificate', commonName, names: dnsNames, fingerprint, notAfter } as const;
  return { id: fileIdOf(named, keyNumbers(spki)), ...members };
}

export async function installedHosts(call: Call): Promise<Answer> {
  const { primaryWebsite } = await readAccount(call.world, call.actor);
  const hosts = (await virtualHosts(call)).filter(({ website }) => website.certificatePem !== null);
  const primary = hosts.find((host) => serverName(host) === primaryWebsite) ?? hosts[0];
  const data = [];
  for (const host of hosts) data.push(await installedHost(call, host, host === primary));
  return { data };
}

async function installedHost(call: Call, host: VirtualHost, isPrimary: boolean) {
  const { leaf } = installedOn(host) as { leaf: CertificateDetails };
  const names = host.hostnames.map(({ name }) => name);
  const automatic = await isAutomatic(call, host.website);
  const provider = automatic ? { auto_ssl_provider: 'Chancery', auto_ssl_provider_display_name: 'Chancery' } : {};
  return {
    certificate: { ...shown(leaf), is_autossl: automatic ? 1 : 0, ...provider },
    certificate_text: host.website.certificatePem,
    docroot: documentRoot(host, call.actor.handle),
    domains: names,
    fqdns: names,
    ip: addressOf(host),
    is_primary_on_ip: isPrimary ? 1 : 0,
    mail_sni_status: 1,
    needs_sni: isPrimary ? 0 : 1,
    servername: serverName(host),
  };
}

/** Of the first website with a certificate where no domain is told. */
export async function installedHostOf(call: Call): Promise<Answer> {
  const domain = call.parameters.optional('domain');
  const verify = call.parameters.flag('verify_certificate', false);
  const host =
    domain === undefined
      ? (await virtualHosts(call)).find(({ website }) => website.certificatePem !== null)
      : (await hostOf(call, domain)).host;
  const installed = host === undefined ? null : installedOn(host);
  if (host === undefined || installed === null) {
    throw new CallFailure(
      domain === undefined ? 'SSL is not installed.' : `The domain “${domain}” does not have SSL installed.`,
    );
  }
  const { leaf, above } = installed;
  const verified = verify ? { verify_error: verifyError(leaf, above > 0, call.world.clock.now()) } : {};
  return { data: { certificate: { ...shown(leaf), ...verified }, host: serverName(host) } };
}

export async function setPrimarySsl(call: Call): Promise<Answer> {
  const { host } = await hostOf(call, call.parameters.required('servername'));
  const name = serverName(host);
  if (host.website.certificatePem === null) throw new CallFailure(`The domain “${name}” does not have SSL installed.`);
  await writeAccount(call.world, call.actor, (settings) => ({ ...settings, primaryWebsite: name }));
  return { data: null };
}

/** SSL::get_cn_name: by which name a mail or panel client reaches the account under a certificate that matches. */
export async function getCnName(call: Call): Promise<Answer> {
  const { parameters, world } = call;
  const asked = parameters.required('domain');
  const service = parameters.required('service');
  if (!['cpanel', 'imap', 'pop3', 'smtp'].includes(service)) {
    throw new CallFailure(`“${service}” is not a valid value for the “service” argument.`);
  }
  const hosts = await virtualHosts(call);
  const main = hosts[0] === undefined ? null : serverName(hosts[0]);
  const name =
    asked === call.actor.handle && main !== null
      ? main
      : world.names.normalise(asked.split('@').at(-1) ?? '', 'domain');
  const candidates = parameters.flag('add_mail_subdomain', false)
    ? [`mail.${name}`]
    : [name, `mail.${name}`, `www.${name}`];
  const now = world.clock.now();
  for (const candidate of candidates) {
    for (const host of hosts) {
      const leaf = installedOn(host)?.leaf;
      const { method, domain } = leaf === undefined ? NO_MATCH : match(candidate, name, leaf);
      if (leaf === undefined || method === 'none') continue;
      const { notBefore, notAfter } = leaf.parsed;
      const members = certificateMembers(leaf);
      return {
        data: {
          cert_match_method: method,
          cert_valid_not_after: members.not_after,
          is_currently_valid: notBefore <= now && now <= notAfter ? 1 : 0,
          is_self_signed: members.is_self_signed,
          is_wild_card: domain.startsWith('*.') ? 1 : 0,
          ssldomain: candidate,
          ssldomain_matches_cert: 1,
        },
      };
    }
  }
  const none = { cert_valid_not_after: 0, is_currently_valid: 0, is_self_signed: 0, is_wild_card: 0 };
  return { data: { cert_match_method: 'none', ...none, ssldomain: candidates[0], ssldomain_matches_cert: 0 } };
}

const NO_MATCH = { method: 'none', domain: '' };

/** In the API's words: how a candidate, which is the name itself or one below it, stands in a certificate. */
function match(candidate: string, name: string, leaf: CertificateDetails): { method: string; domain: string } {
  const { domains } = certificateMembers(leaf);
  if (domains.includes(candidate)) {
    return { method: candidate === name ? 'exact' : 'localdomain_on_cert', domain: candidate };
  }
  const wildcard = `*${candidate.slice(candidate.indexOf('.'))}`;
  if (!domains.includes(wildcard)) return NO_MATCH;
  const kind = candidate === name ? 'exact' : candidate.slice(0, candidate.indexOf('.'));
  return { method: `${kind}-wildcard`, domain: wildcard };
}
