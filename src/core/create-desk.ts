import { runAutoOrders } from './auto-orders.ts';
import { confirm, decline, passCheck, type Answer } from './confirmations.ts';
import type { Desk } from './desk.ts';
import { advanceJob } from './engine.ts';
import type { Engine } from './parts.ts';
import { removeExpired } from './expired-records.ts';
import { demand } from './permissions.ts';
import { planOrder, planReissue, planRenewal, quoteOf } from './orders.ts';
import { confirmVetting, vetOrganization, type Vetting } from './organizations.ts';
import { placeRequest } from './place-request.ts';
import type { CheckKind, Job } from './records.ts';
import { expireCertificates, sendExpiryNotices } from './recurring.ts';
import { refreshRenewalHints } from './renewal-hints.ts';
import { sendValidationNotices } from './validation-notices.ts';
import { createRegistry } from './registry/create-registry.ts';
import { validateDomainJob } from './registry/kept-validations.ts';
import type { Registry } from './registry.ts';
import { addNote, cancel, remind, sendAgreement } from './requests.ts';
import { approve, reject } from './approvals.ts';
import { changeOrder } from './order-details.ts';
import * as deeds from './order-deeds.ts';
import { revokeCertificate, revokeOrder } from './revoke.ts';
import { checkNow } from './check-now.ts';
import { importCertificate } from './import-certificate.ts';

/** What the operator and the people behind mailed links can do beside what dialects ask. */
export interface DeskOffice {
  desk: Desk;
  /** What accounts keep beside their orders, for the dialect of this folder name. */
  registry(dialect: string): Registry;
  confirm(confirmationId: number): Promise<Answer>;
  decline(confirmationId: number): Promise<Answer>;
  vetOrganization(organizationId: number, vetting: Vetting): Promise<void>;
  confirmVetting(organizationId: number, by: string): Promise<void>;
  passCheck(requestId: number, check: CheckKind, by: string, evidence: string): Promise<void>;
  /** Handler of the job kind `advance`. */
  advance(job: Job): Promise<{ runAgainAt?: number }>;
  /** Handler of the job kind `validate-domain`. */
  validateDomain(job: Job): Promise<{ runAgainAt?: number }>;
  /** To be run every minute, and every hour. They answer how many certificates they dealt with. */
  expireCertificates(): Promise<number>;
  sendExpiryNotices(): Promise<number>;
  /** To be run every hour; answers how many notices it made. */
  sendValidationNotices(): Promise<number>;
  /** To be run every hour; answers how many requests it placed. */
  runAutoOrders(): Promise<number>;
  /** To be run every five minutes; answers how many certificates it asked issuers about. */
  refreshRenewalHints(): Promise<number>;
  /** To be run every hour; answers how many records it removed. */
  removeExpired(): Promise<number>;
}

/** Puts the heart together from what is handed in. */
export function createDesk(engine: Engine): DeskOffice {
  return {
    desk: deskOf(engine),
    registry: (dialect) => createRegistry(engine, dialect),
    confirm: (confirmationId) => confirm(engine, confirmationId),
    decline: (confirmationId) => decline(engine, confirmationId),
    vetOrganization: (organizationId, vetting) => vetOrganization(engine, organizationId, vetting),
    confirmVetting: (organizationId, by) => confirmVetting(engine, organizationId, by),
    passCheck: (requestId, check, by, evidence) => passCheck(engine, requestId, check, by, evidence),
    advance: (job) => advanceJob(engine, job),
    validateDomain: (job) => validateDomainJob(engine, job),
    expireCertificates: () => expireCertificates(engine),
    sendExpiryNotices: () => sendExpiryNotices(engine),
    sendValidationNotices: () => sendValidationNotices(engine),
    runAutoOrders: () => runAutoOrders(engine),
    refreshRenewalHints: () => refreshRenewalHints(engine),
    removeExpired: () => removeExpired(engine),
  };
}

function deskOf(engine: Engine): Desk {
  return {
    quoteOrder: async (actor, ask) => quoteOf(engine, planOrder(engine, demand(actor, 'order'), ask)),
    quoteReissue: async (actor, id, ask) => quoteOf(engine, await planReissue(engine, demand(actor, 'order'), id, ask)),
    quoteRenewal: async (actor, id, ask) => quoteOf(engine, await planRenewal(engine, demand(actor, 'order'), id, ask)),
    placeOrder: async (actor, ask) => placeRequest(engine, actor, planOrder(engine, demand(actor, 'order'), ask)),
    reissue: async (actor, id, ask) =>
      placeRequest(engine, actor, await planReissue(engine, demand(actor, 'order'), id, ask)),
    renew: async (actor, id, ask) =>
      placeRequest(engine, actor, await planRenewal(engine, demand(actor, 'order'), id, ask)),
    revoke: async (actor, id, reason, dialect, extra) =>
      revokeCertificate(engine, demand(actor, 'order'), id, { reason, dialect, extra }),
    revokeCertificate: async (actor, id, ask) => revokeCertificate(engine, demand(actor, 'order'), id, ask),
    revokeOrder: async (actor, id, ask) => revokeOrder(engine, demand(actor, 'order'), id, ask),
    renewOrder: async (actor, id, ask) => deeds.renewOrder(engine, demand(actor, 'order'), id, ask),
    reissueOrder: async (actor, id, ask) => deeds.reissueOrder(engine, demand(actor, 'order'), id, ask),
    duplicate: async (actor, id, ask) => deeds.duplicate(engine, demand(actor, 'order'), id, ask),
    cancelOrder: async (actor, id, note) => deeds.cancelOrder(engine, demand(actor, 'order'), id, note),
    changeOrder: async (actor, id, changes) => changeOrder(engine, demand(actor, 'order'), id, changes),
    approve: async (actor, id, comment) => approve(engine, actor, id, comment),
    reject: async (actor, id, comment) => reject(engine, actor, id, comment),
    createGuestLink: async (actor, id, at) => deeds.createGuestLink(engine, demand(actor, 'order'), id, at),
    disableGuestLinks: async (actor, id) => deeds.disableGuestLinks(engine, demand(actor, 'order'), id),
    orderOfGuest: (secret) => deeds.orderOfGuest(engine, secret),
    importCertificate: async (actor, ask) => importCertificate(engine, demand(actor, 'order'), ask),
    cancel: async (actor, id) => cancel(engine, demand(actor, 'order'), id),
    checkNow: async (actor, id, choices) => checkNow(engine, demand(actor, 'order'), id, choices),
    remind: async (actor, id) => remind(engine, demand(actor, 'order'), id),
    sendAgreement: async (actor, id, email, language) =>
      sendAgreement(engine, demand(actor, 'order'), id, email, language),
    addNote: async (actor, id, message) => addNote(engine, demand(actor, 'order'), id, message),
    archiveCertificate: async (actor, id, archived) =>
      deeds.archiveCertificate(engine, demand(actor, 'order'), id, archived),
    chargeOf: async (requestId) => (await engine.store.find('charges', { requestId }))[0] ?? null,
  };
}
