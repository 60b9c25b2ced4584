import type {
  CaaAnswer,
  Challenge,
  Certificate,
  CertificateRequest,
  CertificateWishes,
  Charge,
  InstallOn,
  Billable,
  Method,
  Note,
  Order,
  OrderDetails,
  Organization,
  Person,
  RevocationReason,
  Role,
  Subject,
  Validation,
  Validity,
} from './records.ts';
import type { ParsedCsr, ParsedCertificate } from './ports.ts';
import type { Scope } from './scope.ts';
import type { Instant } from './time.ts';

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
  /** What of the account the user sees; all of it where it is absent. */
  scope?: Scope;
}

/** How a domain of the order is to be validated. */
export interface ValidationChoice {
  method: Method;
  challenges: Challenge[];
  /** The name itself, or a parent of it that is proved in its place, not above the registrable domain. */
  domain?: string;
  /**
   * Where true, the desk answers for its `http` challenges itself while the validation is open: the name is served by a
   * website of the account, and leads to the desk's responder. The dialect answers for that being so.
   */
  selfPublished?: boolean;
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
  /** Where true, the same ask is refused while an earlier one of the same key is under way. */
  refuseTwin?: boolean;
  /** How long the certificate is to live; as long as order and rules allow where it is not told. */
  validity?: Validity | null;
  /** @throws `invalid-value` on `wishes.signatureHash` or `wishes.extras` where no issuer of the product offers it */
  wishes?: CertificateWishes | null;
  /**
   * Puts the certificate in place when it is issued, in the same transaction, where its key is kept here. One that
   * follows another does so only where that one is in place. @throws `not-found` for what the account does not have
   */
  installOn?: InstallOn | null;
  /** In dialects that know approval: as the account has it, or left out, which a person who approves may ask for. */
  approval?: ApprovalAsk;
  /** An organization of the account that the certificate speaks of; found by the subject where it is not told. */
  organizationId?: number | null;
  /** Of the organization that the subject describes, where the ask brings it. */
  newOrganization?: NewOrganizationAsk;
  /** Where true, every domain is proved anew, whatever counts already. */
  proveAgain?: boolean;
  /** Kept with the request, for the dialect. */
  extra: Record<string, unknown>;
}

export interface NewOrganizationAsk extends Pick<Organization, 'details' | 'contacts' | 'containerId'> {
  /** Where true, one is made although the account has the same already. */
  evenIfKnown: boolean;
}

export interface ApprovalAsk {
  skip: boolean;
  /** For who decides. */
  comments: string | null;
}

interface TermAsk {
  periodMonths: number;
  /** The order ends at this moment instead; it is paid by started years. */
  endsAt?: Instant | null;
  /** What the order carries in dialects that know more of it. */
  details?: DetailsAsk;
  /** The division that the order is to lie in. */
  containerId?: number | null;
}

export type DetailsAsk = Omit<OrderDetails, 'id' | 'accountId' | 'alternativeKey'>;

/** What is to be otherwise: as it stands, or as it follows from what the order carries at that moment. */
export type DetailsChange = Partial<DetailsAsk> | ((carried: DetailsAsk) => Partial<DetailsAsk>);

export interface NewOrderAsk extends CertificateAsk, TermAsk {
  product: string;
}

/** The product may change at renewal; the period is bought again. */
export interface RenewAsk extends CertificateAsk, TermAsk {
  product?: string;
}

export interface RevokeAsk {
  reason: RevocationReason | null;
  dialect: string;
  approval?: ApprovalAsk;
  extra: Record<string, unknown>;
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

/** The outcome of an ask for a certificate, with what was learned of its names. */
export interface Placed extends Outcome {
  validations: readonly Validation[];
  /** Newest answer per name. */
  caa: readonly CaaAnswer[];
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
  placeOrder(actor: Actor, ask: NewOrderAsk): Promise<Placed>;
  reissue(actor: Actor, certificateId: number, ask: CertificateAsk): Promise<Placed>;
  renew(actor: Actor, certificateId: number, ask: RenewAsk): Promise<Placed>;
  revoke(
    actor: Actor,
    certificateId: number,
    reason: RevocationReason | null,
    dialect: string,
    extra: Record<string, unknown>,
  ): Promise<Outcome>;
  /** As `revoke`, in dialects that know approval: the outcome may be a request that waits for a person. */
  revokeCertificate(actor: Actor, certificateId: number, ask: RevokeAsk): Promise<Outcome>;
  /** Revokes every certificate of an order that is not revoked or expired, by one request. @throws `wrong-state` while a reissue is open */
  revokeOrder(actor: Actor, orderId: number, ask: RevokeAsk): Promise<Outcome>;
  /** Renews the term of an order, whatever became of its certificates. */
  renewOrder(actor: Actor, orderId: number, ask: RenewAsk): Promise<Outcome>;
  /** A new certificate in place of the order's newest one. */
  reissueOrder(actor: Actor, orderId: number, ask: CertificateAsk): Promise<Outcome>;
  /**
   * One more certificate for the same names, the earlier ones staying as they are.
   * @throws `wrong-state` where a name has no fresh proof: reissue first.
   */
  duplicate(actor: Actor, orderId: number, ask: CertificateAsk): Promise<Outcome>;
  /** Calls off what is open on an order: a new one, or its reissue. @throws `wrong-state` where nothing is open. */
  cancelOrder(actor: Actor, orderId: number, note: string | null): Promise<void>;
  /** Changes what the order carries. @throws `not-found`, `invalid-value`, `already-exists` for an alternative id */
  changeOrder(actor: Actor, orderId: number, changes: DetailsChange): Promise<OrderDetails>;
  /**
   * A person's yes; the request goes on at once.
   * @throws `not-allowed` without the permission, or for the own request where two people are demanded; `wrong-state`
   */
  approve(actor: Actor, requestId: number, comment: string | null): Promise<Outcome>;
  /** A person's no: the request ends, nothing stays charged. @throws as `approve` */
  reject(actor: Actor, requestId: number, comment: string | null): Promise<CertificateRequest>;
  /** A new secret of a link that shows the order until `expiresAt`; earlier links stay. @throws `not-allowed` where guests are off */
  createGuestLink(actor: Actor, orderId: number, expiresAt: Instant): Promise<string>;
  disableGuestLinks(actor: Actor, orderId: number): Promise<void>;
  /** The order behind a guest's secret; null where it is unknown, expired or disabled. */
  orderOfGuest(secret: string): Promise<Order | null>;
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
  addNote(actor: Actor, requestId: number, message: string): Promise<Note>;
  /**
   * Puts a certificate out of sight, or back.
   * @throws `not-found`, `wrong-state` for the one that its order stands for
   */
  archiveCertificate(actor: Actor, certificateId: number, archived: boolean): Promise<void>;
  /** Charges of an account, newest first, are read with `store.list('charges')`. */
  chargeOf(requestId: number): Promise<Charge | null>;
}
