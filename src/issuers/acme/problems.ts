import type { Instant } from '../../core/time.ts';
import { cleanText, isRecord } from './read.ts';

/** A problem document of the CA (RFC 8555 §6.7), read within limits, its texts fit for people. */
export interface Problem {
  /** HTTP status; 0 where the document stands inside an order or a challenge. */
  status: number;
  /** Without the prefix of RFC 8555; `about:blank` or a whole URI for others. */
  type: string;
  detail: string;
  /** RFC 8555 §6.7.1. */
  subproblems: readonly Subproblem[];
  /** Page where the operator acts, for `userActionRequired`. */
  instance: string | null;
}

export interface Subproblem {
  type: string;
  detail: string;
  /** Name or address that it is about. */
  identifier: string | null;
}

/** A call to the CA that did not bring what was asked for. */
export class AcmeError extends Error {
  /** Null where the CA could not be reached, or answered what ACME does not know. */
  readonly problem: Problem | null;
  /** From `Retry-After`; null without. */
  readonly retryAt: Instant | null;

  constructor(message: string, details: { problem?: Problem; retryAt?: Instant | null; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'AcmeError';
    this.problem = details.problem ?? null;
    this.retryAt = details.retryAt ?? null;
  }
}

/**
 * What a problem calls for: `again` at once in another form, `wait` and ask again, `refused` for good, `account`
 * where the CA does not know the account (any more), `operator` where a person must act, `done` where it already is
 * as was asked.
 */
export type Verdict = 'again' | 'wait' | 'refused' | 'account' | 'operator' | 'done';

/** RFC 8555 §6.7, RFC 9773 §7.4, draft-ietf-acme-profiles §6. */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['accountDoesNotExist', 'account'],
  ['alreadyReplaced', 'again'],
  ['alreadyRevoked', 'done'],
  ['badCSR', 'refused'],
  ['badNonce', 'wait'],
  ['badPublicKey', 'refused'],
  ['badRevocationReason', 'again'],
  ['badSignatureAlgorithm', 'operator'],
  ['caa', 'refused'],
  ['compound', 'refused'],
  ['connection', 'refused'],
  ['dns', 'refused'],
  ['externalAccountRequired', 'operator'],
  ['incorrectResponse', 'refused'],
  ['invalidContact', 'operator'],
  ['invalidProfile', 'operator'],
  ['malformed', 'refused'],
  ['orderNotReady', 'wait'],
  ['rateLimited', 'wait'],
  ['rejectedIdentifier', 'refused'],
  ['serverInternal', 'wait'],
  ['tls', 'refused'],
  ['unauthorized', 'operator'],
  ['unsupportedContact', 'operator'],
  ['unsupportedIdentifier', 'refused'],
  ['userActionRequired', 'operator'],
]);

/** Errors of validation, which say nothing about the account or the CA. */
const OF_VALIDATION: ReadonlySet<string> = new Set(['unauthorized', 'badPublicKey', 'malformed']);

/** What an error of a call asks for; without a problem document the CA is away, or not itself. */
export function verdictOf(error: AcmeError): Verdict {
  if (error.problem === null) return 'wait';
  const { type, status } = error.problem;
  // Not an error of ACME: something in between has answered.
  if (type === 'about:blank') return 'wait';
  return VERDICTS.get(type) ?? (status === 429 || status >= 500 ? 'wait' : 'refused');
}

/** As `verdictOf` for an error that stands in a challenge, authorization or order. */
export function verdictOnObject(problem: Problem): 'refused' | 'wait' {
  if (OF_VALIDATION.has(problem.type)) return 'refused';
  const verdict = VERDICTS.get(problem.type) ?? 'refused';
  return verdict === 'wait' ? 'wait' : 'refused';
}

const PREFIX = 'urn:ietf:params:acme:error:';
const MAX_SUBPROBLEMS = 20;
const MAX_DETAIL = 400;

/** Reads a problem document; whatever is missing or of another type is left out. Never throws. */
export function readProblem(value: unknown, status: number): Problem {
  const document = isRecord(value) ? value : {};
  const list = Array.isArray(document['subproblems']) ? document['subproblems'].slice(0, MAX_SUBPROBLEMS) : [];
  const instance = document['instance'];
  return {
    status,
    ...readTypeAndDetail(document),
    subproblems: list.filter(isRecord).map((one) => {
      const identifier = isRecord(one['identifier']) ? one['identifier']['value'] : null;
      return {
        ...readTypeAndDetail(one),
        identifier: typeof identifier === 'string' ? cleanText(identifier, 253) : null,
      };
    }),
    instance: typeof instance === 'string' ? cleanText(instance, 500) : null,
  };
}

function readTypeAndDetail(document: Record<string, unknown>): { type: string; detail: string } {
  const { type, detail } = document;
  const text = typeof type === 'string' ? cleanText(type, 120) : 'about:blank';
  return {
    type: text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text,
    detail: typeof detail === 'string' ? cleanText(detail, MAX_DETAIL) : '',
  };
}

const MAX_SENTENCE = 1_000;

/** A problem in words: what the CA says, and for which name. */
export function describeProblem({ type, detail, subproblems, status }: Problem): string {
  const main = detail === '' ? (type === 'about:blank' ? `status ${status}` : type) : detail;
  const rest = subproblems.map((one) => `${one.identifier ?? 'also'}: ${one.detail === '' ? one.type : one.detail}`);
  return cleanText([main, ...rest].join('; '), MAX_SENTENCE);
}
