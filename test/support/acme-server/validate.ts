import { createHash } from 'node:crypto';
import { X509Certificate } from '../../pki/second-opinion.ts';
import { type Lookups, sniFor } from './lookups.ts';
import { type Problem, ProblemError } from './problems.ts';
import type { ChallengeView } from './script.ts';

const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';

/** Looks at one challenge for real (RFC 8555 §8.3, §8.4, RFC 8737 §3). Null where it is met. */
export async function lookAt(challenge: ChallengeView, lookups: Lookups): Promise<Problem | null> {
  try {
    if (challenge.type === 'http-01') await lookAtHttp(challenge, lookups);
    else if (challenge.type === 'dns-01') await lookAtDns(challenge, lookups);
    else await lookAtTls(challenge, lookups);
    return null;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    const type = { 'http-01': 'connection', 'dns-01': 'dns', 'tls-alpn-01': 'tls' } as const;
    return { type: type[challenge.type], detail: (error as Error).message };
  }
}

async function lookAtHttp({ identifier, token, keyAuthorization }: ChallengeView, lookups: Lookups): Promise<void> {
  const { status, body } = await lookups.http(identifier.value, `/.well-known/acme-challenge/${token}`);
  if (status !== 200) throw new ProblemError('unauthorized', `Status ${status} from ${identifier.value}`);
  // RFC 8555 §8.3: white space at the end is let pass.
  if (body.trimEnd() !== keyAuthorization)
    throw new ProblemError('unauthorized', `Another key authorization: ${body.slice(0, 200)}`);
}

async function lookAtDns({ identifier, keyAuthorization }: ChallengeView, lookups: Lookups): Promise<void> {
  const name = `_acme-challenge.${identifier.value}`;
  const wanted = createHash('sha256').update(keyAuthorization).digest('base64url');
  const values = await lookups.txt(name);
  if (values.length === 0) throw new ProblemError('unauthorized', `No TXT record found at ${name}`);
  if (!values.includes(wanted))
    throw new ProblemError('unauthorized', `Other TXT values at ${name}: ${values.join(' ')}`);
}

async function lookAtTls({ identifier, keyAuthorization }: ChallengeView, lookups: Lookups): Promise<void> {
  const sni = sniFor(identifier.value);
  const { protocol, certificate } = await lookups.tls(identifier.value, sni);
  if (protocol !== 'acme-tls/1') throw new ProblemError('unauthorized', 'acme-tls/1 was not chosen');
  const read = new X509Certificate(Uint8Array.from(certificate).buffer);
  if (!(await read.verify({ signatureOnly: true }, globalThis.crypto as never)))
    throw new ProblemError('unauthorized', 'The certificate is not signed by itself');
  const alternative = read.getExtension('2.5.29.17') as unknown as {
    names: { toJSON(): { type: string; value: string }[] };
  } | null;
  const names = alternative?.names.toJSON() ?? [];
  const right =
    names.length === 1 && names[0]?.type === identifier.type && names[0].value.toLowerCase() === identifier.value;
  if (!right) throw new ProblemError('unauthorized', `The certificate is for ${JSON.stringify(names)}`);
  const proof = read.getExtension(ACME_IDENTIFIER);
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const wanted = Buffer.concat([Uint8Array.of(4, 32), digest]);
  if (proof === null || !proof.critical || !Buffer.from(proof.value).equals(wanted))
    throw new ProblemError('unauthorized', 'The acmeIdentifier extension is missing, not critical or another');
}
