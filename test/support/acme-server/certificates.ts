import { createPublicKey } from 'node:crypto';
import { members } from './accounts.ts';
import { type Jwk, readKey } from './jws.ts';
import { ProblemError } from './problems.ts';
import type { Answer } from './script.ts';
import type { Account, Certificate, World } from './state.ts';

/** RFC 8555 §7.4.2: chain number `at`, with links to the others. */
export function download(certificate: Certificate, at: number): Answer {
  const body = certificate.chains[at];
  if (body === undefined) throw new ProblemError('malformed', 'There is no such chain', { status: 404 });
  const others = certificate.chains.flatMap((_, other) =>
    other === at ? [] : [`<${other === 0 ? certificate.url : `${certificate.url}/${other}`}>;rel="alternate"`],
  );
  return { status: 200, headers: { 'content-type': 'application/pem-certificate-chain', link: others }, body };
}

/** Reasons of RFC 5280 §5.3.1 that a subscriber may give (BR 7.2.2: no 7, 8, 10). */
const REASONS = [0, 1, 2, 3, 4, 5, 6, 9];

/** RFC 8555 §7.6; signed with an account's key or the certificate's. */
export function revoke(world: World, by: { account: Account } | { jwk: Jwk }, payload: unknown): Answer {
  const ask = members(payload);
  if (typeof ask.certificate !== 'string' || !/^[A-Za-z0-9_-]+$/.test(ask.certificate))
    throw new ProblemError('malformed', 'certificate is not base64url');
  const der = Buffer.from(ask.certificate, 'base64url');
  const certificate = world.certificates.find((candidate) => der.equals(candidate.der));
  if (certificate === undefined) throw new ProblemError('malformed', 'That is no certificate of ours', { status: 404 });
  checkRight(world, certificate, by);
  if (certificate.revoked !== null) throw new ProblemError('alreadyRevoked', 'It is revoked already');
  const reason = ask.reason ?? 0;
  if (typeof reason !== 'number' || !REASONS.includes(reason))
    throw new ProblemError('badRevocationReason', `Reason ${JSON.stringify(reason)} is not taken`);
  certificate.revoked = { reason };
  return { status: 200, headers: {}, body: '' };
}

function checkRight(world: World, certificate: Certificate, by: { account: Account } | { jwk: Jwk }): void {
  if ('jwk' in by) {
    const key = readKey(by.jwk).export({ format: 'der', type: 'spki' });
    const own = createPublicKey({ key: Buffer.from(certificate.spki), format: 'der', type: 'spki' });
    if (key.equals(own.export({ format: 'der', type: 'spki' }))) return;
    throw new ProblemError('unauthorized', 'The key is not that of the certificate');
  }
  if (by.account === certificate.account) return;
  const proved = (name: string): boolean =>
    world.authorizations.some(
      ({ account, identifier, wildcard, status, expires }) =>
        account === by.account &&
        (wildcard ? `*.${identifier.value}` : identifier.value) === name &&
        status === 'valid' &&
        expires > world.now(),
    );
  if (!certificate.names.every(proved)) throw new ProblemError('unauthorized', 'The account did not issue it');
}
