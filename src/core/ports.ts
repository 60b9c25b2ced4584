import type {
  CaaStatus,
  CertificateWishes,
  Challenge,
  Extra,
  Issuance,
  Method,
  RevocationReason,
  SignatureHash,
  Subject,
} from './records.ts';
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
   * With `internal`, names that no public registry knows as well, and IP addresses, IPv6 as RFC 5952 writes it.
   * @throws DeskError `invalid-value` with the reason: not a domain name, reserved, public suffix, underscore …
   */
  normalise(name: string, field: string, internal?: boolean): string;
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

/** What can be seen of a name from outside, for people who look for a mistake. Names without final dot. */
export interface NameSight {
  cname: string | null;
  a: string[];
  aaaa: string[];
  ns: string[];
  mx: { preference: number; host: string }[];
  txt: string[];
  caa: { flags: number; tag: string; value: string }[];
  soa: NameSoa | null;
  /** Why the name could not be looked up; null where it could. */
  dnsError: string | null;
  /** What its web server answers on port 80; `error` is null where it did. */
  http: { status: number | null; location: string | null; error: string | null };
  /** What its server shows on port 443; null where there is nothing. */
  tls: NameTls | null;
}

export interface NameSoa {
  ns: string;
  mbox: string;
  serial: number;
  refresh: number;
  retry: number;
  expire: number;
  minttl: number;
}

export interface NameTls {
  issuer: string;
  commonName: string | null;
  names: string[];
  /** Upper-case hex. */
  serial: string;
  notBefore: Instant;
  notAfter: Instant;
  /** Why it would not be believed; null where it would. */
  problem: string | null;
}

/** Looks at a name. Addresses are guarded. Never throws for what the network does. */
export type LookAtName = (name: string) => Promise<NameSight>;

export interface IssueAsk {
  requestId: number;
  level: Level;
  commonName: string;
  names: readonly string[];
  subject: Subject;
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  /** The CSR as it was sent, DER: outside issuers want it whole. */
  csr: Uint8Array;
  /** The certificate that this one takes the place of, DER: outside issuers may be told (RFC 9773 §5). */
  replaces: Uint8Array | null;
  /** The certificate must not outlive this moment. */
  notAfterAtMost: Instant;
  /** Longest span from notBefore to the end of notAfter's second, in milliseconds (BR 6.3.2). */
  longestValidity: number;
  mustStaple: boolean;
  /** Whether the product may hold names that no public registry knows, and IP addresses. */
  privateNames?: boolean;
  /** Null in most asks. */
  wishes: CertificateWishes | null;
}

export type PreparedIssuance = Pick<Issuance, 'serial' | 'tbs' | 'notBefore' | 'notAfter' | 'progress'>;

/** What the record of a certificate takes from its bytes. */
export type CertificateData = Pick<
  ParsedCertificate,
  'serial' | 'notBefore' | 'notAfter' | 'spkiHash' | 'keyAlgorithm' | 'keyBits' | 'fingerprint' | 'sha1'
>;

export type IssueResult =
  /** `data`, where the issuer knows what the certificate says; else it is read. */
  | { kind: 'issued'; certificate: Uint8Array; data?: CertificateData }
  /** Come back at `at` with the new progress. */
  | { kind: 'waiting'; at: Instant; progress: Record<string, unknown> }
  /** It cannot now, and nothing was begun there that may still end in a certificate: the next issuer may be asked. */
  | {
      kind: 'unavailable';
      message: string;
      /** From when on it may be asked again, where that is known: its limits leave no room before. */
      until?: Instant;
    }
  /** The issuer will not do it; the next one may. */
  | { kind: 'refused'; message: string };

/** What signs. One folder of `src/issuers` each. */
export interface Issuer {
  readonly name: string;
  /**
   * Set where it is a CA outside: it looks at CAA and validates domains itself, and its steps are taken by the
   * request's job, never while a client waits.
   */
  readonly outside?: true;
  /** Which wishes it fulfils; none where it is absent. */
  readonly offers?: { extras: readonly Extra[]; signatureHashes: readonly SignatureHash[] };
  /** Why it would never sign this, in one sentence; null where it may. Quick, does no input or output. */
  objection?(ask: IssueAsk): string | null;
  /**
   * What is put on record before anything leaves or is signed. Quick, does no input or output.
   * @throws DeskError `issuer-unavailable` where it cannot now: the next issuer is asked
   */
  prepare(ask: IssueAsk, now: Instant): PreparedIssuance;
  /**
   * Signs, or takes the next step at an outside issuer. Safe to repeat with the same issuance.
   * @throws DeskError `issuer-unavailable` where a later try of the same issuance may succeed: no other issuer is asked
   * meanwhile, since something may be under way.
   */
  issue(ask: IssueAsk, issuance: Issuance): Promise<IssueResult>;
  /** Certificates above the leaf, issuing one first, root last; DER. */
  chain(leaf: Uint8Array): Promise<Uint8Array[]>;
  /** Shard of the CRL that will list this serial; null where the issuer has no CRL of ours. */
  crlShard(serial: string): number | null;
  /** Tells an outside issuer. The embedded one publishes a CRL from the records instead. */
  revoke?(certificate: Uint8Array, reason: RevocationReason | null): Promise<void>;
  /**
   * Asks from when on a certificate should be replaced (RFC 9773 §4); null where the issuer does not say.
   * @throws DeskError `issuer-unavailable`
   */
  renewalHint?(certificate: Uint8Array): Promise<RenewalAdvice | null>;
}

export interface RenewalAdvice {
  start: Instant;
  end: Instant;
  explanationUrl: string | null;
  /** When to ask again. */
  checkAgainAt: Instant;
}

/** A way in which an outside CA validates a name (RFC 8555 §8, RFC 8737). */
export type ChallengeType = 'http-01' | 'dns-01' | 'tls-alpn-01';

/** Where the desk answers the challenges of outside CAs. */
export interface ChallengeBoard {
  /** Ways in which a name could be answered for here, by what is configured; wildcards by `dns-01` alone. */
  ways(name: string): Promise<ChallengeType[]>;
  /**
   * Publishes an answer and resolves when a validator would see it. Safe to repeat. `keyAuthorization` as in RFC 8555
   * §8.1; the board derives what each way needs.
   * @throws DeskError `issuer-unavailable` where the DNS server or webhook cannot be reached
   */
  publish(ask: ChallengeAsk): Promise<void>;
  /** Takes it down again. Never throws: what stays expires. */
  withdraw(ask: ChallengeAsk): Promise<void>;
}

export interface ChallengeAsk {
  type: ChallengeType;
  /** The name or IP address, without `*.`. */
  identifier: string;
  token: string;
  keyAuthorization: string;
  /** The answer is of no use afterwards. */
  expiresAt: Instant;
}

export type KeyType = 'RSA-2048' | 'RSA-4096' | 'P-256' | 'P-384';

/** A key pair that was made here. */
export interface NewKeyPair {
  /** DER. */
  pkcs8: Uint8Array;
  spki: Uint8Array;
}

export interface ReadKeyPair extends NewKeyPair {
  keyAlgorithm: 'RSA' | 'ECDSA';
  keyBits: number;
}

/** Keys and CSRs of subscribers of a hosting platform. */
export interface KeyTools {
  /** Works beside the event loop. @throws DeskError `too-many-requests` where too many keys are waited for */
  makeKey(type: KeyType): Promise<NewKeyPair>;
  /**
   * Reads PEM or DER of PKCS #8, PKCS #1 or SEC 1, and checks the key as one of a CSR (BR 6.1.5, 6.1.6).
   * @throws DeskError `invalid-value`
   */
  readKey(text: string | Uint8Array): ReadKeyPair;
  /** PKCS #8 DER as PEM. */
  toPem(pkcs8: Uint8Array): string;
  /**
   * A signed CSR, DER: subject as given, `names` as subjectAltName in their order, SHA-256. A common name of more than
   * 64 characters stands among the names alone.
   * @throws DeskError `invalid-value` for what a certificate cannot carry
   */
  makeCsr(pkcs8: Uint8Array, ask: CsrAsk): Promise<Uint8Array>;
  /** A certificate of a server that the key itself signs, DER. @throws DeskError as `makeCsr` */
  makeSelfSigned(pkcs8: Uint8Array, ask: CsrAsk & SelfSignedTerm): Promise<Uint8Array>;
}

export interface CsrAsk {
  commonName: string;
  /** A-labels, `*.` may stand in front, or IP addresses. */
  names: readonly string[];
  subject: Subject;
  email?: string;
}

export interface SelfSignedTerm {
  /** 16 random octets. */
  serial: Uint8Array;
  notBefore: Instant;
  notAfter: Instant;
}
