/** Problem documents (RFC 7807) with the types of RFC 8555 §6.7, RFC 9773 §7.4 and the profiles draft. */

/** Type without its prefix, and the HTTP status that it has unless told otherwise. */
export const PROBLEM_STATUS = {
  accountDoesNotExist: 400,
  alreadyReplaced: 409,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  caa: 403,
  compound: 400,
  connection: 400,
  dns: 400,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  invalidContact: 400,
  invalidProfile: 400,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 400,
  serverInternal: 500,
  tls: 400,
  unauthorized: 403,
  unsupportedContact: 400,
  unsupportedIdentifier: 400,
  userActionRequired: 403,
} as const;

export type ProblemType = keyof typeof PROBLEM_STATUS;

export const PROBLEM_PREFIX = 'urn:ietf:params:acme:error:';

export interface Identifier {
  type: 'dns' | 'ip';
  value: string;
}

export interface Problem {
  type: ProblemType;
  detail: string;
  status?: number;
  /** RFC 8555 §6.7.1 */
  subproblems?: readonly { type: ProblemType; detail: string; identifier?: Identifier }[];
  /** More members and headers of the answer: `algorithms` of badSignatureAlgorithm, `instance` of userActionRequired. */
  members?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
}

/** Thrown by the handlers; becomes the answer. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(type: ProblemType, detail: string, more: Omit<Problem, 'type' | 'detail'> = {}) {
    super(`${type}: ${detail}`);
    this.problem = { type, detail, ...more };
  }
}

/** The document as it stands in answers and in the `error` members of orders and challenges. */
export function problemDocument(problem: Problem): Record<string, unknown> {
  const { type, detail, subproblems, members } = problem;
  return {
    type: PROBLEM_PREFIX + type,
    detail,
    status: problem.status ?? PROBLEM_STATUS[type],
    ...(subproblems === undefined
      ? {}
      : { subproblems: subproblems.map((one) => ({ ...one, type: PROBLEM_PREFIX + one.type })) }),
    ...members,
  };
}
