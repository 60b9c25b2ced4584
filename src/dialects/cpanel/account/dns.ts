import { type Answer, type Call, CallFailure, type UapiModule } from '../call.ts';
import { missing } from '../parameters.ts';

/** The platform serves no zones: it answers as a server whose accounts have their DNS elsewhere. */

export const dns: UapiModule = {
  parse_zone: async (call) => noZone(call.parameters.required('zone')),
  mass_edit_zone: async (call) => {
    const zone = call.parameters.required('zone');
    if (call.parameters.integer('serial') === undefined) throw missing('serial');
    return noZone(zone);
  },
  has_local_authority: hasLocalAuthority,
};

function noZone(zone: string): never {
  throw new CallFailure(`You do not control a DNS zone named ${zone}.`);
}

async function hasLocalAuthority({ parameters }: Call): Promise<Answer> {
  const domains = parameters.all('domain').filter((domain) => domain !== '');
  if (domains.length === 0) throw missing('domain');
  return { data: domains.map((domain) => ({ domain, local_authority: 0, nameservers: [], zone: null })) };
}
