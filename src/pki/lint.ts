import { DeskError } from '../core/errors.ts';
import type { Level } from '../core/products.ts';
import type { Extra } from '../core/records.ts';
import type { Instant } from '../core/time.ts';
import { DerError } from './der-reader.ts';
import { LEAF_RULES } from './lint-rules.ts';
import { readSanNames, type ReadTbs, readTbs } from './tbs-reader.ts';

/** What was asked for and what the issuer is: against this the bytes are held. */
export interface LintExpectation {
  level: Level;
  commonName: string;
  names: readonly string[];
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  mustStaple: boolean;
  /** Whether IP addresses may stand among the names. */
  privateNames?: boolean;
  /** What it may hold beyond every leaf; nothing else may be there. */
  extras?: readonly Extra[];
  /** Upper-case hex. */
  serial: string;
  /** As on record. */
  notBefore: Instant;
  notAfter: Instant;
  notAfterAtMost: Instant;
  /** Now; the signature follows at once. */
  signedAt: Instant;
  /** Of a certificate signed now, milliseconds (BR 6.3.2). */
  longestValidity: number;
  issuer: {
    signatureAlgorithm: Uint8Array;
    name: Uint8Array;
    keyId: Uint8Array;
    notAfter: Instant;
  };
  /** Path with which the one address of the CRL distribution point must end; the host may have changed since. */
  crlPath: string;
  /** The same of the issuer's certificate. */
  caIssuersPath: string;
}

export interface LintCase {
  tbs: ReadTbs;
  expected: LintExpectation;
  /** dNSName entries, `ip:` before an iPAddress; any other kind is an empty text, which no rule lets pass. */
  san: string[];
}

/** One thing that must hold of every leaf. `check` gives true where it does; it may throw for bytes it cannot read. */
export interface LintRule {
  id: string;
  /** Section that demands it. */
  cite: string;
  check: (leaf: LintCase) => boolean;
}

/** Ids of the rules that the to-be-signed certificate breaks; empty is good. */
export function lintFindings(tbs: Uint8Array, expected: LintExpectation): string[] {
  let leaf: LintCase;
  try {
    const read = readTbs(tbs);
    leaf = { tbs: read, expected, san: readSanNames(read) };
  } catch (error) {
    if (error instanceof DerError) return ['structure'];
    throw error;
  }
  return LEAF_RULES.filter((rule) => !holds(rule, leaf)).map((rule) => rule.id);
}

function holds(rule: LintRule, leaf: LintCase): boolean {
  try {
    return rule.check(leaf);
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

/**
 * Lint before signing (BR 4.3.1.2): reads back what was written, by other code than wrote it.
 * @throws DeskError `internal` that names the broken rules; then nothing may be signed.
 */
export function lintLeaf(tbs: Uint8Array, expected: LintExpectation): void {
  const findings = lintFindings(tbs, expected);
  if (findings.length === 0) return;
  const cites = LEAF_RULES.filter((rule) => findings.includes(rule.id)).map((rule) => `${rule.id} (${rule.cite})`);
  const broken = cites.length === 0 ? 'structure (RFC 5280 §4.1)' : cites.join(', ');
  throw new DeskError('internal', `The certificate was not signed, it breaks these rules: ${broken}`);
}
