import { baseOf, isWildcard } from '../../../core/names.ts';
import type { InstallOn } from '../../../core/records.ts';
import { type Call, CallFailure } from '../call.ts';
import { type VirtualHost, virtualHosts } from '../websites.ts';

/**
 * The account's virtual hosts, which serve all of the names; a wildcard is served where the name below it is.
 * @throws CallFailure with a text for each name that is not the account's
 */
export async function hostsOfNames(
  call: Pick<Call, 'actor' | 'world'>,
  names: readonly string[],
): Promise<VirtualHost[]> {
  const hosts = await virtualHosts(call);
  const served = new Set(hosts.flatMap(({ hostnames }) => hostnames.map(({ name }) => name)));
  const strange = names.filter((name) => !served.has(name) && !(isWildcard(name) && served.has(baseOf(name))));
  if (strange.length > 0) throw new CallFailure(strange.map((name) => `You do not control the domain “${name}”.`));
  return hosts;
}

/**
 * Where a certificate is installed when it is issued.
 * @throws CallFailure for a virtual host that the account does not have
 */
export function placesOf(
  hosts: readonly VirtualHost[],
  vhostNames: readonly string[],
  names: readonly string[],
): InstallOn {
  const chosen = vhostNames.includes('*') ? hosts.filter((host) => matches(host, names)) : [];
  const named = vhostNames.filter((name) => name !== '*').map((name) => hostNamed(hosts, name));
  return { websiteIds: [...new Set([...chosen, ...named].map(({ website }) => website.id))], hostnameIds: [] };
}

function hostNamed(hosts: readonly VirtualHost[], name: string): VirtualHost {
  const wanted = name.toLowerCase();
  const found =
    hosts.find(({ website }) => website.name === name) ??
    hosts.find(({ hostnames }) => hostnames.some((one) => one.name === wanted));
  if (found === undefined) throw new CallFailure(`You do not have a web virtual host named “${name}”.`);
  return found;
}

/** Whether the certificate holds one of its names. */
function matches({ hostnames }: VirtualHost, names: readonly string[]): boolean {
  return hostnames.some(({ name }) =>
    names.some((one) => one === name || (isWildcard(one) && isBelow(name, baseOf(one)))),
  );
}

function isBelow(name: string, base: string): boolean {
  return name.slice(name.indexOf('.') + 1) === base && name !== base;
}
