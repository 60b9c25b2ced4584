import { inParallel } from '../../../core/in-parallel.ts';
import type { Hostname } from '../../../core/records.ts';
import { type Call, CallFailure } from '../call.ts';
import { missing } from '../parameters.ts';
import { virtualHosts } from '../websites.ts';

/** Domains of one call at most; each is looked at over the network. */
const MOST_DOMAINS = 100;

/**
 * The hostnames of the account that `domain` names, in the request's order.
 * @throws CallFailure that names every domain which the account does not serve
 */
export async function askedHostnames(call: Call): Promise<Hostname[]> {
  const asked = call.parameters.all('domain').filter((domain) => domain !== '');
  if (asked.length === 0) throw missing('domain');
  if (asked.length > MOST_DOMAINS) throw new CallFailure(`There are more than ${MOST_DOMAINS} domains.`);
  const names = asked.map((domain) => call.world.names.normalise(domain, 'domain'));
  const served = new Map(
    (await virtualHosts(call)).flatMap(({ hostnames }) => hostnames.map((one) => [one.name, one])),
  );
  const foreign = names.filter((name) => !served.has(name));
  if (foreign.length > 0) {
    const { handle } = call.actor;
    throw new CallFailure(foreign.map((name) => `The user “${handle}” does not own the domain “${name}”.`));
  }
  return names.map((name) => served.get(name) as Hostname);
}

/** Looks at a few at a time, and answers in their order. */
export function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  return inParallel(items, AT_ONCE, work);
}

const AT_ONCE = 8;
