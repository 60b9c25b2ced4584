import type { Answer, Call, UapiFunction } from '../call.ts';

/** ZoneEdit of API 2, for clients that prove names by DNS: there are no zones here. */

export const ZONE_FUNCTIONS: Readonly<Record<string, UapiFunction>> = {
  'ZoneEdit::fetchzones': async () => ({ data: [{ status: 1, statusmsg: 'Zones fetched', zones: {} }] }),
  'ZoneEdit::fetchzone': noZone,
  'ZoneEdit::fetchzone_records': async () => ({ data: [] }),
  'ZoneEdit::add_zone_record': refused,
  'ZoneEdit::edit_zone_record': refused,
  'ZoneEdit::remove_zone_record': refused,
};

async function noZone({ parameters }: Call): Promise<Answer> {
  return { data: [{ status: 0, statusmsg: told(parameters.optional('domain')) }] };
}

async function refused({ parameters }: Call): Promise<Answer> {
  const statusmsg = told(parameters.optional('domain'));
  return { data: [{ result: { status: 0, statusmsg, newserial: null } }] };
}

function told(domain = ''): string {
  return `You do not control a DNS zone named ${domain}.`;
}
