import type { Hostname } from '../../../core/records.ts';
import type { Answer, Call } from '../call.ts';
import { askedHostnames, eachOf } from './domains.ts';
import { randomText, whilePublished } from './publish.ts';

const LABEL = '_dcv-test-record';
const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/**
 * Whether a provider would find a TXT record that the platform publishes for a domain. It has no zones of its own: the
 * record is found where the zone leads there, as to the built-in DNS responder, and the answer says so where it does not.
 */
export async function checkDomainsViaDns(call: Call): Promise<Answer> {
  return { data: await eachOf(await askedHostnames(call), (hostname) => checkOne(call, hostname)) };
}

async function checkOne(call: Call, hostname: Hostname) {
  const { world } = call;
  const domain = hostname.name;
  const base = domain.replace(/^\*\./, '');
  const zone = world.names.registrableDomain(base) ?? base;
  const record = `${LABEL}.${zone}`;
  const value = `${LABEL}=${randomText(world.random, SIGNS, 64)}`;
  const answer = { kind: 'dns', name: record, path: '', value } as const;
  const challenge = { method: 'dns', record: 'TXT', name: record, value } as const;
  const { outcome } = await whilePublished(world, answer, () => world.domains.check([challenge]));
  const passed = outcome === 'passed';
  const failure = `The DNS query to ${record} for the DCV challenge returned no TXT record that matches the value ${value}.`;
  return {
    dcv_string: value,
    domain,
    failure_reason: passed ? null : failure,
    query_results: passed ? [value] : [],
    succeeded: passed ? 1 : 0,
    zone,
  };
}
