import type { IncomingMessage } from 'node:http';
import { parse } from './accounts.ts';
import { checkSignature, type ReadJws, readJws, readKey, type Jwk } from './jws.ts';
import { ProblemError } from './problems.ts';
import { rejectsNonce, type Seen } from './script.ts';
import type { Account, World } from './state.ts';

/** Nonces that are out, each with the moment of its end. */
export interface Nonces {
  give(): string;
  /** Whether it was out; it is not any more. */
  take(nonce: string): boolean;
}

export interface SignedRequest {
  payload: unknown;
  account: Account | null;
  jwk: Jwk | null;
}

const LONGEST_BODY = 65_536;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_BODY) throw new ProblemError('malformed', 'The body is too long', { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Everything that RFC 8555 §6 wants of a POST. `seen` gets what was read, also where it is refused later.
 * @param by which of `kid` and `jwk` the resource takes
 * @throws ProblemError
 */
export function readSigned(
  world: World,
  nonces: Nonces,
  ask: { contentType: string; body: Buffer; url: string; by: 'kid' | 'jwk' | 'either'; count: number },
  seen: Seen,
): SignedRequest {
  // RFC 8555 §6.2
  if (ask.contentType !== 'application/jose+json')
    throw new ProblemError('malformed', 'The content type must be application/jose+json', { status: 415 });
  const jws = readJws(parse(ask.body));
  seen.header = jws.header;
  seen.payload = jws.payload.length === 0 ? null : parse(jws.payload);
  const { account, jwk } = findKey(world, jws, ask.by);
  checkSignature(jws, account?.jwk ?? (jwk as Jwk));
  // RFC 8555 §6.5
  const { nonce, url } = jws.header;
  if (typeof nonce !== 'string' || !/^[A-Za-z0-9_-]+$/.test(nonce))
    throw new ProblemError(nonce === undefined ? 'badNonce' : 'malformed', 'The nonce is missing or not base64url');
  if (!nonces.take(nonce)) throw new ProblemError('badNonce', 'The nonce is unknown, used or too old');
  if (rejectsNonce(world.script, ask.count, world.random))
    throw new ProblemError('badNonce', 'The nonce is rejected by the script');
  // RFC 8555 §6.4
  if (url !== ask.url)
    throw new ProblemError('unauthorized', `The url is ${String(url)}, the request is for ${ask.url}`);
  if (account !== null && account.status !== 'valid')
    throw new ProblemError('unauthorized', `The account is ${account.status}`);
  return { payload: seen.payload, account, jwk };
}

function findKey(world: World, jws: ReadJws, by: 'kid' | 'jwk' | 'either'): Omit<SignedRequest, 'payload'> {
  const { kid, jwk } = jws.header;
  if ((kid === undefined) === (jwk === undefined))
    throw new ProblemError('malformed', 'Exactly one of kid and jwk must be there');
  if (kid !== undefined && by === 'jwk') throw new ProblemError('malformed', 'This resource wants jwk, not kid');
  if (jwk !== undefined && by === 'kid') throw new ProblemError('malformed', 'This resource wants kid, not jwk');
  if (jwk !== undefined) {
    readKey(jwk);
    return { account: null, jwk: jwk as Jwk };
  }
  const account = world.accounts.find(({ url }) => url === kid);
  if (account === undefined)
    throw new ProblemError('accountDoesNotExist', `There is no account ${String(kid)}`, { status: 400 });
  return { account, jwk: null };
}
