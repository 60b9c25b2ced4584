import { readAccount, writeAccount } from '../account-settings.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { virtualHosts } from '../websites.ts';
import { domainList } from './csrs.ts';
import { isCovered } from './matching.ts';
import { readCertificates } from './pem-blocks.ts';
import { domainsOf } from './records.ts';

/** Redirects to HTTPS, kept for each domain. */

/** Domains of the account whose website has a certificate for them that counts now. */
async function securedDomains(call: Call): Promise<Set<string>> {
  const now = call.world.clock.now();
  const secured = new Set<string>();
  for (const { website, hostnames } of await virtualHosts(call)) {
    if (website.certificatePem === null) continue;
    const [leaf] = readCertificates(website.certificatePem, 'cert');
    if (leaf === undefined || leaf.parsed.notAfter < now) continue;
    const domains = domainsOf(leaf);
    for (const { name } of hostnames) if (isCovered(name, domains)) secured.add(name);
  }
  return secured;
}

/** SSL::can_ssl_redirect: whether every domain of the account could be. */
export async function canSslRedirect(call: Call): Promise<Answer> {
  const secured = await securedDomains(call);
  const names = (await virtualHosts(call)).flatMap(({ hostnames }) => hostnames.map(({ name }) => name));
  return { data: names.length > 0 && names.every((name) => secured.has(name)) ? 1 : 0 };
}

/** SSL::toggle_ssl_redirect_for_domains: all of them or none. */
export async function toggleSslRedirect(call: Call): Promise<Answer> {
  const wanted = domainList(call, call.parameters.required('domains'));
  call.parameters.required('state');
  const on = call.parameters.flag('state', true);
  const secured = await securedDomains(call);
  const owned = new Set((await virtualHosts(call)).flatMap(({ hostnames }) => hostnames.map(({ name }) => name)));
  const { handle } = call.actor;
  const errors = wanted.flatMap((domain) => {
    if (!owned.has(domain)) return [`The user “${handle}” does not own the domain “${domain}”.`];
    return on && !secured.has(domain) ? [`The domain “${domain}” does not have a valid SSL certificate.`] : [];
  });
  if (errors.length > 0) throw new CallFailure(errors);
  await writeAccount(call.world, call.actor, (settings) => {
    const others = settings.redirectedDomains.filter((domain) => !wanted.includes(domain));
    return { ...settings, redirectedDomains: on ? [...others, ...wanted] : others };
  });
  return { data: wanted };
}

/** Which of the account's domains are redirected. */
export async function redirectedDomains({ world, actor }: Pick<Call, 'world' | 'actor'>): Promise<string[]> {
  return (await readAccount(world, actor)).redirectedDomains;
}
