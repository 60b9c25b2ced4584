import type { Answer, Call } from '../call.ts';
import type { World } from '../world.ts';
import { returnAddress } from './addresses.ts';
import { exchangeCode } from './grants.ts';
import { checkProvider } from './provider.ts';
import { isSigned, signedQuery } from './signed-links.ts';

/** Where people sign in to the shop. */
export const LOGIN_PATH = '/market/login';

const PURPOSE = 'login';

/** What a link to the page says: signed, so that the page leads nowhere but where a client of the account asked for. */
export interface LoginLink {
  user: string;
  address: string;
}

/** `Market::get_login_url` */
export async function getLoginUrl(call: Call): Promise<Answer> {
  const { actor, world, parameters, origin } = call;
  checkProvider(call);
  const given = parameters.required('url_after_login');
  const address = returnAddress('url_after_login', given, { query: true });
  const members = { client_id: actor.handle, redirect_uri: address, response_type: 'code' };
  return { data: `${origin}${LOGIN_PATH}?${signedQuery(world, PURPOSE, members)}` };
}

/** `Market::validate_login_token`: the code of the address that the browser came back to, for an access token. */
export async function validateLoginToken(call: Call): Promise<Answer> {
  checkProvider(call);
  const code = call.parameters.required('login_token');
  const given = call.parameters.required('url_after_login');
  const address = returnAddress('url_after_login', given, { query: true });
  return { data: { access_token: await exchangeCode(call, code, address) } };
}

/** What a link says; null where it was not made here, or is too old. */
export function readLoginLink(world: World, query: URLSearchParams): LoginLink | null {
  if (!isSigned(world, PURPOSE, query)) return null;
  return { user: query.get('client_id') ?? '', address: query.get('redirect_uri') ?? '' };
}
