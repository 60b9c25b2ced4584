import { checkBinding, checkSignature, readJws, readKey, thumbprint, type Jwk } from './jws.ts';
import { takeUse } from './limits.ts';
import { ProblemError } from './problems.ts';
import type { Answer } from './script.ts';
import type { Account, World } from './state.ts';

/** RFC 8555 §7.3 */
export function newAccount(world: World, jwk: Jwk, payload: unknown): Answer {
  const ask = members(payload);
  const known = world.accounts.find((account) => account.thumbprint === thumbprint(jwk));
  if (known !== undefined) {
    if (known.status !== 'valid') throw new ProblemError('unauthorized', `The account is ${known.status}`);
    return answerAccount(world, known, 200);
  }
  if (ask.onlyReturnExisting === true) throw new ProblemError('accountDoesNotExist', 'There is no account of this key');
  if (world.meta.termsOfService !== undefined && ask.termsOfServiceAgreed !== true)
    throw new ProblemError('userActionRequired', 'The terms of service must be agreed to', {
      members: { instance: world.meta.termsOfService },
      headers: { link: `<${world.meta.termsOfService}>;rel="terms-of-service"` },
    });
  const contact = readContacts(ask.contact);
  const url = `${world.origin}/new-account`;
  if (world.meta.externalAccountRequired === true && ask.externalAccountBinding === undefined)
    throw new ProblemError('externalAccountRequired', 'An external account binding is needed');
  const binding =
    ask.externalAccountBinding === undefined
      ? null
      : checkBinding(ask.externalAccountBinding, url, jwk, world.bindingKeys);
  takeUse(world, 'newAccounts', '');
  const id = world.accounts.length + 1;
  const account: Account = {
    id,
    url: `${world.origin}/account/${id}`,
    jwk,
    thumbprint: thumbprint(jwk),
    status: 'valid',
    contact,
    binding,
  };
  world.accounts.push(account);
  return answerAccount(world, account, 201);
}

/** RFC 8555 §7.3.2, §7.3.6 */
export function updateAccount(world: World, account: Account, payload: unknown): Answer {
  if (payload !== null) {
    const ask = members(payload);
    if (ask.contact !== undefined) account.contact = readContacts(ask.contact);
    if (ask.status === 'deactivated') account.status = 'deactivated';
    else if (ask.status !== undefined) throw new ProblemError('malformed', 'An account can only be deactivated');
  }
  return answerAccount(world, account, 200);
}

function answerAccount(world: World, account: Account, status: number): Answer {
  const body = {
    status: account.status,
    contact: account.contact,
    termsOfServiceAgreed: true,
    orders: `${world.origin}/account/${account.id}/orders`,
  };
  return { status, headers: { location: account.url }, body };
}

/** RFC 8555 §7.3.5 */
export function changeKey(world: World, account: Account, payload: unknown): Answer {
  const inner = readJws(payload);
  const jwk = inner.header.jwk as Jwk;
  readKey(jwk);
  checkSignature(inner, jwk);
  if (inner.header.url !== `${world.origin}/key-change`)
    throw new ProblemError('malformed', 'The inner url is another');
  if ('nonce' in inner.header || 'kid' in inner.header)
    throw new ProblemError('malformed', 'The inner JWS has neither nonce nor kid');
  const change = members(parse(inner.payload));
  if (change.account !== account.url) throw new ProblemError('malformed', 'The inner account is another');
  if (thumbprint(change.oldKey as Jwk) !== account.thumbprint)
    throw new ProblemError('malformed', 'oldKey is not the key of the account');
  const other = world.accounts.find((candidate) => candidate.thumbprint === thumbprint(jwk));
  if (other !== undefined)
    throw new ProblemError('malformed', 'The new key is in use', { status: 409, headers: { location: other.url } });
  account.jwk = jwk;
  account.thumbprint = thumbprint(jwk);
  return answerAccount(world, account, 200);
}

function readContacts(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new ProblemError('malformed', 'contact is no list');
  for (const contact of value as unknown[]) {
    if (typeof contact !== 'string' || !contact.startsWith('mailto:'))
      throw new ProblemError('unsupportedContact', `Only mailto is taken, not ${String(contact)}`);
    if (!/^mailto:[^@\s,?]+@[^@\s,?]+\.[^@\s,?]+$/.test(contact))
      throw new ProblemError('invalidContact', `${contact} is no address`);
  }
  return value as string[];
}

/** The members of a payload. @throws ProblemError malformed */
export function members(payload: unknown): Record<string, unknown> {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new ProblemError('malformed', 'The payload is no object');
  return payload as Record<string, unknown>;
}

export function parse(octets: Buffer): unknown {
  try {
    return JSON.parse(octets.toString('utf8'));
  } catch {
    throw new ProblemError('malformed', 'The payload is not JSON');
  }
}
