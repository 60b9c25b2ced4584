import { createHmac } from 'node:crypto';
import { MINUTE } from '../../../core/time.ts';
import { sameText } from '../secrets.ts';
import type { World } from '../world.ts';

const LIFETIME = 60 * MINUTE;

/**
 * The query of a link to a page of ours, signed for an hour: the page does and leads nowhere but what a client of the
 * account has asked for. `purpose` keeps links of different pages apart.
 */
export function signedQuery(world: World, purpose: string, members: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ ...members, expires: String(world.clock.now() + LIFETIME) });
  query.set('signature', signatureOf(world, purpose, query));
  return query.toString();
}

/** Whether a query was signed here, for this purpose, within the last hour. */
export function isSigned(world: World, purpose: string, query: URLSearchParams): boolean {
  const signature = query.get('signature') ?? '';
  return sameText(signature, signatureOf(world, purpose, query)) && Number(query.get('expires')) > world.clock.now();
}

function signatureOf(world: World, purpose: string, query: URLSearchParams): string {
  const signed = [...query].filter(([name]) => name !== 'signature');
  const key = world.deriveKey('cpanel links to pages');
  return createHmac('sha256', key)
    .update(JSON.stringify([purpose, signed]))
    .digest('base64url');
}
