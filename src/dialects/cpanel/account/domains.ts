import type { Answer, Call, UapiModule } from '../call.ts';
import { redirectedDomains } from '../ssl/redirects.ts';
import { addressOf, documentRoot, serverName, type VirtualHost, virtualHosts } from '../websites.ts';

/** WebVhosts and DomainInfo: names that the account serves, by their virtual hosts. */

export const webVhosts: UapiModule = {
  list_domains: listVhostDomains,
  list_ssl_capable_domains: listSslCapableDomains,
};

export const domainInfo: UapiModule = {
  list_domains: listDomains,
  domains_data: domainsData,
  main_domain_builtin_subdomain_aliases: async () => ({ data: BUILTIN }),
};

/** Subdomains that the main domain answers under without being told. */
const BUILTIN = ['mail', 'www'];

async function listVhostDomains(call: Call): Promise<Answer> {
  return eachName(call, (host, domain) => ({
    domain,
    proxy_subdomains: [],
    vhost_is_ssl: host.website.certificatePem === null ? 0 : 1,
    vhost_name: serverName(host),
  }));
}

/** A certificate can be had for every one of them. */
async function listSslCapableDomains(call: Call): Promise<Answer> {
  return eachName(call, (host, domain) => ({ domain, is_proxy: 0, vhost_name: serverName(host) }));
}

async function eachName(call: Call, view: (host: VirtualHost, domain: string) => unknown): Promise<Answer> {
  const hosts = await virtualHosts(call);
  return { data: hosts.flatMap((host) => host.hostnames.map(({ name }) => view(host, name))) };
}

interface Sorted {
  main: VirtualHost | null;
  /** Websites whose name lies below another name of the account, and all others. */
  sub: VirtualHost[];
  addon: VirtualHost[];
  /** Names that stand beside the first of their website. */
  parked: string[];
}

/** The first website is the main one. */
function sorted(hosts: readonly VirtualHost[]): Sorted {
  const [main = null, ...others] = hosts;
  const heads = hosts.map(serverName);
  const isSub = (host: VirtualHost): boolean => heads.some((head) => serverName(host).endsWith(`.${head}`));
  const names = new Set(hosts.flatMap(({ hostnames }) => hostnames.map(({ name }) => name)));
  const parked = hosts.flatMap(({ hostnames }) =>
    hostnames
      .slice(1)
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('*.') && !(name.startsWith('www.') && names.has(name.slice(4)))),
  );
  return { main, sub: others.filter(isSub), addon: others.filter((host) => !isSub(host)), parked };
}

async function listDomains(call: Call): Promise<Answer> {
  const { main, sub, addon, parked } = sorted(await virtualHosts(call));
  return {
    data: {
      main_domain: main === null ? '' : serverName(main),
      addon_domains: addon.map(serverName),
      parked_domains: parked,
      sub_domains: sub.map(serverName),
    },
  };
}

async function domainsData(call: Call): Promise<Answer> {
  const { main, sub, addon, parked } = sorted(await virtualHosts(call));
  const redirected = new Set(await redirectedDomains(call));
  const view = (type: string) => (host: VirtualHost) => ({
    ...domainView(call, host, type),
    is_https_redirecting: redirected.has(serverName(host)) ? 1 : 0,
  });
  return {
    data: {
      main_domain: main === null ? null : view('main_domain')(main),
      addon_domains: addon.map(view('addon_domain')),
      parked_domains: parked,
      sub_domains: sub.map(view('sub_domain')),
    },
  };
}

function domainView({ actor }: Call, host: VirtualHost, type: string) {
  const [, ...others] = host.hostnames;
  return {
    documentroot: documentRoot(host, actor.handle),
    domain: serverName(host),
    homedir: `/home/${actor.handle}`,
    ip: addressOf(host),
    serveralias: others.map(({ name }) => name).join(' '),
    servername: serverName(host),
    status: 'not redirected',
    type,
    user: actor.handle,
  };
}
