import type { Random } from './random.ts';
import type { Identifier, Problem } from './problems.ts';

/** What the scripted CA is told to do. README.md shows it at work. */

export type Endpoint =
  | 'directory'
  | 'new-nonce'
  | 'new-account'
  | 'account'
  | 'account-orders'
  | 'key-change'
  | 'new-order'
  | 'order'
  | 'authorization'
  | 'challenge'
  | 'finalize'
  | 'certificate'
  | 'revoke-cert'
  | 'renewal-info';

export type ChallengeType = 'http-01' | 'dns-01' | 'tls-alpn-01';

/** One answer on its way out. A text is sent as it is, anything else as JSON. */
export interface Answer {
  status: number;
  headers: Record<string, string | readonly string[]>;
  body: unknown;
}

/** One request as it came. */
export interface Seen {
  endpoint: Endpoint;
  method: string;
  /** Path and query. */
  path: string;
  /** Decoded payload; undefined for GET and HEAD, null for POST-as-GET. */
  payload: unknown;
  /** Decoded protected header; null where there was no JWS that could be read. */
  header: Record<string, unknown> | null;
  userAgent: string;
  /** Of the answer; 0 where none was sent whole. */
  status: number;
  /** Problem type of the answer without its prefix, or null. */
  problem: string | null;
}

export type RetryAfter = number | { seconds: number; as: 'seconds' | 'date' };

/**
 * What happens instead of, or to, a correct answer. `problem` and `answer` come before any work is done (so the
 * request has had no effect); everything else after it.
 */
export type Trouble =
  /** A problem document. */
  | { kind: 'problem'; problem: Problem; retryAfter?: RetryAfter }
  /** Any bytes. */
  | { kind: 'answer'; answer: Answer }
  /** The connection is reset before the request is looked at. */
  | { kind: 'reset-before' }
  /** The work is done, then the connection is reset: the client never learns of it. */
  | { kind: 'reset-after' }
  /** Headers and half of the body, then a reset. */
  | { kind: 'reset-within' }
  /** The body ends early, with a content-length that says so. */
  | { kind: 'truncate' }
  /** The body is followed by so many bytes of spaces. */
  | { kind: 'oversize'; bytes: number }
  /** The body is not JSON or PEM at all. */
  | { kind: 'garbage' }
  /** The answer waits for this. */
  | { kind: 'hold'; until: Promise<unknown> }
  /** No answer at all; the connection stays open. */
  | { kind: 'silent' }
  /** The right answer, changed: other URLs, other headers, missing members. */
  | { kind: 'edit'; edit: (answer: Answer) => Answer };

export interface Rule {
  at: Endpoint | readonly Endpoint[] | '*';
  trouble: Trouble;
  /** How many matching requests it strikes; 1 unless given. */
  times?: number;
  /** How many matching requests it lets pass first. */
  skip?: number;
  /** Looks closer. */
  when?: (seen: Readonly<Seen>) => boolean;
}

/** `seconds`: sliding, by the server's clock. */
export interface CountLimit {
  count: number;
  seconds: number;
}

export interface Limits {
  newAccounts?: CountLimit;
  /** For each account; orders with `replaces` do not count. */
  newOrders?: CountLimit;
  /** Certificates for each set of names, whichever account; orders with `replaces` do not count. */
  duplicateCertificates?: CountLimit;
  /** Certificates for each registered domain, taken as the last two labels. */
  certificatesPerDomain?: CountLimit;
  /** Failed validations for each account and name. */
  failedValidations?: CountLimit;
}

/** How the certificate that is handed out is wrong; it is always a fresh one. */
export type Delivery =
  | 'right'
  /** For `other.invalid` beside the names. */
  | 'more-names'
  /** Lacks the last name. */
  | 'fewer-names'
  /** For another key. */
  | 'other-key'
  /** The leaf alone. */
  | 'no-chain'
  /** Above the leaf stands a CA that did not sign it. */
  | 'other-chain'
  /** Ended yesterday. */
  | 'expired'
  /** PEM around bytes that are no certificate. */
  | 'no-certificate';

export interface ChallengeView {
  identifier: Identifier;
  wildcard: boolean;
  type: ChallengeType;
  token: string;
  keyAuthorization: string;
}

export interface Script {
  /** Struck in order: the first that matches. Add with `push`. */
  rules: Rule[];
  /** Share of good nonces that are rejected, 0 to 1, by the seed. */
  badNonceShare: number;
  /** Reject the nth, 2nth … signed request's nonce; 0 for never. */
  badNonceEvery: number;
  /** Nonces live so many seconds. */
  nonceSeconds: number;
  /** `Retry-After` on answers about objects that are not done. */
  retryAfter: RetryAfter | null;
  /** `Retry-After` of renewal information; RFC 9773 §4.3 wants one. */
  renewalRetryAfter: RetryAfter | null;
  /** So many looks at an authorization (after its challenge was answered) still find it pending. */
  pendingLooks: number;
  /** So many looks at an order after finalize still find it processing. */
  processingLooks: number;
  /** Whether finalize answers `valid` at once where `processingLooks` is 0. */
  finalizeAtOnce: boolean;
  /** Whether a challenge is valid: a word, a problem, or `check` to look for real (needs `lookups`). */
  verdict: (challenge: ChallengeView) => 'valid' | 'check' | Problem;
  /** Why the CA will not sign at all after finalize; the order becomes invalid. */
  issuanceProblem: (names: readonly string[]) => Problem | null;
  /** Which challenges an authorization offers, in this order; wildcards: those of dns-01. */
  challengeTypes: (identifier: Identifier) => readonly ChallengeType[];
  /** Why a name is refused in newOrder. */
  rejectName: (identifier: Identifier) => Problem | null;
  /** Valid authorizations of an account are used again in its next orders. */
  reuseAuthorizations: boolean;
  /** How the next certificates are delivered; empty: right. */
  deliveries: Delivery[];
  /** Chains beside the first, by `Link: rel="alternate"`. */
  alternateChains: number;
  limits: Limits;
  /** Window for a certificate: moments in milliseconds; null gives 404. */
  renewalWindow: (certificate: { notBefore: number; notAfter: number }) => {
    start: number;
    end: number;
    explanationUrl?: string;
  } | null;
}

export function newScript(): Script {
  return {
    rules: [],
    badNonceShare: 0,
    badNonceEvery: 0,
    nonceSeconds: 3_600,
    retryAfter: null,
    renewalRetryAfter: 21_600,
    pendingLooks: 0,
    processingLooks: 0,
    finalizeAtOnce: false,
    verdict: () => 'valid',
    issuanceProblem: () => null,
    challengeTypes: () => ['http-01', 'dns-01', 'tls-alpn-01'],
    rejectName: () => null,
    reuseAuthorizations: false,
    deliveries: [],
    alternateChains: 1,
    limits: {},
    renewalWindow: ({ notBefore, notAfter }) => {
      const third = (notAfter - notBefore) / 3;
      return { start: notAfter - third, end: notAfter - third / 2 };
    },
  };
}

/** The rule that strikes this request, counted down and removed once it is spent. */
export function takeRule(script: Script, seen: Readonly<Seen>): Rule | null {
  for (const rule of script.rules) {
    const there =
      rule.at === '*' || rule.at === seen.endpoint || (Array.isArray(rule.at) && rule.at.includes(seen.endpoint));
    if (!there || rule.when?.(seen) === false) continue;
    if ((rule.skip ?? 0) > 0) {
      rule.skip = (rule.skip ?? 0) - 1;
      continue;
    }
    rule.times = (rule.times ?? 1) - 1;
    if (rule.times <= 0) script.rules.splice(script.rules.indexOf(rule), 1);
    return rule;
  }
  return null;
}

/** Whether the nonce of the nth signed request is rejected although it is good. */
export function rejectsNonce(script: Script, count: number, random: Random): boolean {
  if (script.badNonceEvery > 0 && count % script.badNonceEvery === 0) return true;
  return script.badNonceShare > 0 && random() < script.badNonceShare;
}

export function retryAfterText(retryAfter: RetryAfter, now: number): string {
  const { seconds, as } = typeof retryAfter === 'number' ? { seconds: retryAfter, as: 'seconds' } : retryAfter;
  return as === 'date' ? new Date(now + seconds * 1_000).toUTCString() : String(seconds);
}
