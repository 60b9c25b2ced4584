import { baseOf } from '../../core/names.ts';
import type { Hostname, Website } from '../../core/records.ts';
import { type DomainState, isOpen, statesOf } from './domain-state.ts';
import { cnameOf } from './records.ts';
import { DIALECT, PROOF_LABEL, type World } from './world.ts';

/** A domain as its list and its own call show it; `redirects_to` only where there is one: known clients stumble over an empty list. */
export async function domainsView(world: World, install: Website, domains: readonly Hostname[]) {
  const places = await placesOf(world, domains);
  return places.map(({ state, isDuplicate, target }) => {
    const { domain } = state;
    return {
      name: domain.name,
      duplicate: isDuplicate,
      id: domain.uid,
      primary: domain.isPrimary,
      network_type: 'LEGACY',
      network_details: {
        dns_config_info: { cname: cnameOf(world, install), a_records: [] },
        network_info: { status: 'ACTIVE', ssl: { status: sslStatus(state) } },
      },
      ...(target === undefined ? {} : { redirects_to: [{ id: target.uid, name: target.name }] }),
      secure_all_urls: domain.extra['secureAllUrls'] === true,
      ...proofView(state),
      ownership_status: ownership(domain),
    };
  });
}

/** As the call that adds several domains shows them. */
export async function addedView(world: World, domains: readonly Hostname[]) {
  const places = await placesOf(world, domains);
  return places.map(({ state, isDuplicate, target }) => {
    const { domain } = state;
    return {
      id: domain.uid,
      name: domain.name,
      duplicate: isDuplicate,
      primary: domain.isPrimary,
      ...(target === undefined ? {} : { redirects_to: { id: target.uid, name: target.name } }),
      ...proofView(state),
      ownership_status: ownership(domain),
    };
  });
}

export function verificationView(state: DomainState) {
  return { id: state.domain.uid, name: state.domain.name, ...proofView(state) };
}

/** What the owner is to publish, at `key` before the domain: for an open order, else to prove the name once and for all. */
function proofView({ domain, validations }: DomainState) {
  const { name, verifiedAt, verificationToken } = domain;
  const record = `${PROOF_LABEL}.${baseOf(name)}`;
  const challenges = validations.flatMap((one) => one.challenges);
  const asked = challenges.find((one) => one.method === 'dns' && one.name === record);
  const value = asked?.method === 'dns' ? asked.value : verificationToken;
  return {
    txt_verified_time: verifiedAt === null ? null : new Date(verifiedAt).toISOString(),
    txt_verified_domain: verifiedAt === null ? null : baseOf(name),
    txt_verification_key: value === null ? null : PROOF_LABEL,
    txt_verification_value: value,
  };
}

function ownership({ verifiedAt }: Hostname): string {
  return verifiedAt === null ? 'TXT_VERIFICATION_PENDING' : 'TXT_VERIFIED';
}

function sslStatus({ domain, request }: DomainState): string {
  if (domain.certificatePem !== null) return 'active';
  return isOpen(request) ? 'pending' : 'none';
}

/** How each domain stands among the others: whether another install has it as well, and where it leads to. */
async function placesOf(world: World, domains: readonly Hostname[]) {
  const states = await statesOf(world, domains);
  const duplicates = await duplicatesAmong(world, domains);
  const targets = await targetsOf(world, domains);
  return states.map((state) => ({
    state,
    isDuplicate: duplicates.has(state.domain.id),
    target: targets.find(({ id }) => id === state.domain.redirectsTo),
  }));
}

/** Domains that another install of the platform has as well. */
async function duplicatesAmong({ store }: World, domains: readonly Hostname[]): Promise<ReadonlySet<number>> {
  if (domains.length === 0) return new Set();
  const name = [...new Set(domains.map((one) => one.name))];
  const all = await store.find('hostnames', { dialect: DIALECT, name });
  const isTwice = ({ id, name: own }: Hostname): boolean => all.some((one) => one.name === own && one.id !== id);
  return new Set(domains.filter(isTwice).map(({ id }) => id));
}

async function targetsOf({ store }: World, domains: readonly Hostname[]): Promise<Hostname[]> {
  const id = domains.flatMap(({ redirectsTo }) => redirectsTo ?? []);
  return id.length === 0 ? [] : store.find('hostnames', { id });
}
