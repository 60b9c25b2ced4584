import type { Account, Container, Credential, CustomField, User } from './records/account.ts';
import type { Approval, CertificateRequest, FieldValue, GuestLink, Order, OrderDetails } from './records/order.ts';
import type { Attempt, CaaAnswer, Confirmation, Validation } from './records/validation.ts';
import type { BlockedKey, CaKey, Certificate, Crl, Issuance } from './records/certificate.ts';
import type { Domain, Organization } from './records/organization.ts';
import type { Charge } from './records/money.ts';
import type { Note, Notification, Webhook } from './records/notice.ts';
import type { AuditEvent, Job, Setting } from './records/operation.ts';
import type { Hostname, KeptFile, SubscriberKey, Website, WebsiteGroup } from './records/hosting.ts';
import type { Checkout, CheckoutItem, Grant } from './records/shop.ts';
import type { AcmeAccount, ChallengeAnswer, IssuerUse, OutsideChain, RenewalHint } from './records/outside.ts';

export type * from './records/account.ts';
export type * from './records/order.ts';
export type * from './records/validation.ts';
export type * from './records/certificate.ts';
export type * from './records/organization.ts';
export type * from './records/money.ts';
export type * from './records/notice.ts';
export type * from './records/operation.ts';
export type * from './records/hosting.ts';
export type * from './records/shop.ts';
export type * from './records/outside.ts';

/**
 * What the desk keeps, one interface per table, by topic in `records/`. Moments are milliseconds since 1970
 * (`Instant`), money is integer minor units (cents), binary is DER. `null` means not known or not given.
 */
export interface Records {
  accounts: Account;
  credentials: Credential;
  users: User;
  containers: Container;
  customFields: CustomField;
  orders: Order;
  orderDetails: OrderDetails;
  fieldValues: FieldValue;
  approvals: Approval;
  guestLinks: GuestLink;
  requests: CertificateRequest;
  validations: Validation;
  attempts: Attempt;
  caaAnswers: CaaAnswer;
  issuances: Issuance;
  certificates: Certificate;
  blockedKeys: BlockedKey;
  organizations: Organization;
  domains: Domain;
  charges: Charge;
  notifications: Notification;
  notes: Note;
  confirmations: Confirmation;
  webhooks: Webhook;
  caKeys: CaKey;
  crls: Crl;
  subscriberKeys: SubscriberKey;
  keptFiles: KeptFile;
  websiteGroups: WebsiteGroup;
  websites: Website;
  hostnames: Hostname;
  grants: Grant;
  checkouts: Checkout;
  checkoutItems: CheckoutItem;
  challengeAnswers: ChallengeAnswer;
  acmeAccounts: AcmeAccount;
  outsideChains: OutsideChain;
  renewalHints: RenewalHint;
  issuerUses: IssuerUse;
  auditEvents: AuditEvent;
  jobs: Job;
  settings: Setting;
}

export type Kind = keyof Records;
