import type { CaaStatus, Challenge, Issuance, Method, RevocationReason, Subject } from './records.ts';
import type { Level } from './products.ts';
import type { Instant } from './time.ts';

/** What the heart needs of the world beside the database. Other folders implement it; `src/server.ts` hands it in. */

export interface Random {
  /** Cryptographically strong bytes. */
  bytes(length: number): Uint8Array;
}

/** A certificate signing request whose signature was checked. */
export interface ParsedCsr {
  der: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  /** SHA-256 of `spki`, lower-case hex. */
  spkiHash: string;
  keyAlgorithm: 'RSA' | 'ECDSA';
  keyBits: number;
  commonName: string | null;
  subject: Subject;
  emailAddress: string | null;
  /** Every attribute in the CSR's order, short names (`C`, `ST`, `L`, `O`, `OU`, `CN` …) or dotted OIDs. */
  attributes: { type: string; value: string }[];
  /** dNSName entries of the subjectAltName extension, lower case. */
  dnsNames: string[];
  mustStaple: boolean;
  /** Lower-case hex over the DER. */
  md5: string;
  sha256: string;
}

/** What a certificate says, for import and for checks. */
export interface ParsedCertificate {
  der: Uint8Array;
  serial: string;
  notBefore: Instant;
  notAfter: Instant;
  /** RFC 4514 style text. */
  issuerName: string;
  commonName: string | null;
  subject: Subject;
  dnsNames: string[];
  spki: Uint8Array;
  spkiHash: string;
  keyAlgorithm: 'RSA' | 'ECDSA';
  keyBits: number;
  /** SHA-256 of the DER, upper-case hex. */
  fingerprint: string;
  /** SHA-1 of the DER, upper-case hex. */
  sha1: string;
}

export interface PkiTools {
  /**
   * Reads PEM (`CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`, any line breaks) or bare base64 DER, and checks
   * its signature and its key (BR 6.1.5, 6.1.6, 6.1.1.3).
   * @throws DeskError `invalid-csr`
   */
  readCsr(text: string): Promise<ParsedCsr>;
  /** What of a CSR that was read and checked before, and kept, an issuance needs. Quick: nothing is verified again. */
  readKeptCsr(der: Uint8Array): Pick<ParsedCsr, 'spki' | 'mustStaple'>;
  /** @throws DeskError `invalid-value` */
  readCertificate(text: string | Uint8Array): ParsedCertificate;
}

export interface NamePolicy {
  /**
   * The name as it may stand in a certificate: lower-case A-labels, `*.` only left-most.
   * @throws DeskError `invalid-value` with the reason: not a domain name, reserved, public suffix, underscore …
   */
  normalise(name: string, field: string): string;
  /** The domain one label below its public suffix; null where the name is a public suffix itself. */
  registrableDomain(name: string): string | null;
}

export interface DomainCheck {
  outcome: 'passed' | 'not-found' | 'mismatch' | 'unreachable' | 'refused';
  /** For people, in one sentence. */
  message: string;
  evidence: Record<string, unknown>;
}

export interface CaaCheck {
  status: CaaStatus;
  /** How long the answer may be used, in seconds, by its DNS TTLs. */
  ttl: number;
  /** Set where the answer is for this account and way of validation alone (RFC 8657), not for others who ask. */
  personal?: true;
  message: string;
  evidence: Record<string, unknown>;
}

/** What RFC 8657 lets a CAA record demand of an issuance. */
export interface CaaContext {
  /** How control of the domain was proved. Where it is not told, a record must permit every method we have. */
  method?: Method;
  /** URI of the account that asks; the installation's own where it is not told. */
  accountUri?: string;
}

/** Domain control validation and CAA. Never throws for what the network does. */
export interface DomainControl {
  /** Tries the challenges in order until one passes; otherwise tells of the most telling failure. E-mail is not tried here. */
  check(challenges: readonly Challenge[]): Promise<DomainCheck>;
  /** RFC 8659 for one name of the certificate, `*.` kept. */
  caa(name: string, context?: CaaContext): Promise<CaaCheck>;
}

export interface IssueAsk {
  requestId: number;
  level: Level;
  commonName: string;
  names: readonly string[];
  subject: Subject;
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  /** The certificate must not outlive this moment. */
  notAfterAtMost: Instant;
  /** Longest span from notBefore to the end of notAfter's second, in milliseconds (BR 6.3.2). */
  longestValidity: number;
  mustStaple: boolean;
}

export type PreparedIssuance = Pick<Issuance, 'serial' | 'tbs' | 'notBefore' | 'notAfter' | 'progress'>;

export type IssueResult =
  | { kind: 'issued'; certificate: Uint8Array }
  /** Come back at `at` with the new progress. */
  | { kind: 'waiting'; at: Instant; progress: Record<string, unknown> }
  /** The issuer will not do it. */
  | { kind: 'refused'; message: string };

/** What signs. One folder of `src/issuers` each. */
export interface Issuer {
  readonly name: string;
  /** What is put on record before anything leaves or is signed. Quick, does no input or output. */
  prepare(ask: IssueAsk, now: Instant): PreparedIssuance;
  /**
   * Signs, or takes the next step at an outside issuer. Safe to repeat with the same issuance.
   * @throws DeskError `issuer-unavailable` where a later try may succeed.
   */
  issue(ask: IssueAsk, issuance: Issuance): Promise<IssueResult>;
  /** Certificates above the leaf, issuing one first, root last; DER. */
  chain(leaf: Uint8Array): Promise<Uint8Array[]>;
  /** Shard of the CRL that will list this serial; null where the issuer has no CRL of ours. */
  crlShard(serial: string): number | null;
  /** Tells an outside issuer. The embedded one publishes a CRL from the records instead. */
  revoke?(certificate: Uint8Array, reason: RevocationReason | null): Promise<void>;
}
