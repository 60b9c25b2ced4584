import type {
  Challenge,
  Certificate,
  CertificateRequest,
  Charge,
  Billable,
  Method,
  Person,
  RevocationReason,
  Role,
  Subject,
  Validity,
} from './records.ts';
import type { ParsedCsr, ParsedCertificate } from './ports.ts';

/** Who asks. Comes from a credential; everything is looked up within its account. */
export interface Actor {
  accountId: number;
  handle: string;
  userName: string;
  /** The user whose key it is, and what they may do; null where the key belongs to nobody. */
  userId: number | null;
  userRole: Role | null;
  /** In which the account is charged. */
  currency: string;
  role: Role;
}

/** How a domain of the order is to be validated. */
export interface ValidationChoice {
  method: Method;
  challenges: Challenge[];
}

/** One ask for a certificate, as a dialect has read it. Names and subject are the dialect's decision; the CSR gives the key. */
export interface CertificateAsk {
  dialect: string;
  csr: ParsedCsr;
  commonName: string;
  /**
   * Further names. Undefined where the caller said nothing: a product that includes www or the base name then adds
   * it; an empty list means none.
   */
  otherNames?: readonly string[];
  subject: Subject;
  contact: Person | null;
  language: string | null;
  /** Asked for each domain that has no reusable proof. `domain` is without `*.`. `name` as ordered. */
  chooseValidation: (domain: string, name: string) => ValidationChoice;
  /** Where true, outstanding domain checks run within the call, and the ask fails with `validation-failed` if one does not pass. */
  validateNow: boolean;
  /** How long the certificate is to live; as long as order and rules allow where it is not told. */
  validity?: Validity | null;
  /** Kept with the request, for the dialect. */
  extra: Record<string, unknown>;
}

export interface NewOrderAsk extends CertificateAsk {
  product: string;
  periodMonths: number;
}

/** The product may change at renewal; the period is bought again. */
export interface RenewAsk extends CertificateAsk {
  product?: string;
  periodMonths: number;
}

export interface Quote {
  total: number;
  currency: string;
  billables: Billable[];
}

/** A request as it stands after all the steps that could run within the call. */
export interface Outcome {
  request: CertificateRequest;
  /** Where it was issued at once. */
  certificate: Certificate | null;
}

export interface ImportAsk {
  dialect: string;
  certificate: ParsedCertificate;
  csr: ParsedCsr | null;
  commonName: string | null;
  registrationNumber: string | null;
  extra: Record<string, unknown>;
}

/**
 * The desk: what dialects can ask of the heart. All calls look only within the actor's account, and throw
 * `not-found` for what belongs to another.
 */
export interface Desk {
  quoteOrder(actor: Actor, ask: NewOrderAsk): Promise<Quote>;
  quoteReissue(actor: Actor, certificateId: number, ask: CertificateAsk): Promise<Quote>;
  quoteRenewal(actor: Actor, certificateId: number, ask: RenewAsk): Promise<Quote>;
  placeOrder(actor: Actor, ask: NewOrderAsk): Promise<Outcome>;
  reissue(actor: Actor, certificateId: number, ask: CertificateAsk): Promise<Outcome>;
  renew(actor: Actor, certificateId: number, ask: RenewAsk): Promise<Outcome>;
  revoke(
    actor: Actor,
    certificateId: number,
    reason: RevocationReason | null,
    dialect: string,
    extra: Record<string, unknown>,
  ): Promise<Outcome>;
  importCertificate(actor: Actor, ask: ImportAsk): Promise<Outcome>;
  /** @throws `wrong-state` unless the request still waits. */
  cancel(actor: Actor, requestId: number): Promise<CertificateRequest>;
  /**
   * Checks the open validations of a request at once, after changing the method of those named.
   * Answers with why each that is still open did not pass.
   */
  checkNow(actor: Actor, requestId: number, choices: ReadonlyMap<string, ValidationChoice>): Promise<string[]>;
  /** Mails again what is open: confirmation links of e-mail validations and the subscriber agreement. */
  remind(actor: Actor, requestId: number): Promise<void>;
  /** Mails the subscriber agreement to `email`. @throws `wrong-state` where the request has no open agreement. */
  sendAgreement(actor: Actor, requestId: number, email: string, language: string | null): Promise<void>;
  addNote(actor: Actor, requestId: number, message: string): Promise<void>;
  /** Charges of an account, newest first, are read with `store.list('charges')`. */
  chargeOf(requestId: number): Promise<Charge | null>;
}
