import type { Actor } from './desk.ts';
import type { Hostname, Website, WebsiteGroup } from './records.ts';
import type { Instant } from './time.ts';

export type NewWebsite = Pick<Website, 'name' | 'groupId' | 'extra'> & { uid?: string };
export type NewHostname = Pick<Hostname, 'name' | 'isPrimary' | 'redirectsTo' | 'extra'> & { uid?: string };

/**
 * Websites of a hosting platform and the names they serve, of one dialect. Everything is looked up within the actor's
 * account. `uid` is a UUID where none is given.
 */
export interface Hosting {
  createGroup(actor: Actor, ask: Pick<WebsiteGroup, 'name' | 'extra'> & { uid?: string }): Promise<WebsiteGroup>;
  changeGroup(
    actor: Actor,
    groupId: number,
    changes: Partial<Pick<WebsiteGroup, 'name' | 'extra'>>,
  ): Promise<WebsiteGroup>;
  /** With its websites. */
  deleteGroup(actor: Actor, groupId: number): Promise<void>;
  /** @throws DeskError `already-exists` for a name that the dialect has, `invalid-value` */
  createWebsite(actor: Actor, ask: NewWebsite): Promise<Website>;
  changeWebsite(
    actor: Actor,
    websiteId: number,
    changes: Partial<Pick<Website, 'groupId' | 'extra'>>,
  ): Promise<Website>;
  /** With its hostnames. Certificates and orders stay. */
  deleteWebsite(actor: Actor, websiteId: number): Promise<void>;
  /**
   * Names are made A-labels. One that another account claims too must be proved before it is believed.
   * @throws DeskError `invalid-value`, `already-exists` on the same website
   */
  addHostnames(actor: Actor, websiteId: number, asks: readonly NewHostname[]): Promise<Hostname[]>;
  /** One primary name per website: another stops being it. */
  changeHostname(
    actor: Actor,
    hostnameId: number,
    changes: Partial<Pick<Hostname, 'isPrimary' | 'redirectsTo' | 'extra'>>,
  ): Promise<Hostname>;
  deleteHostname(actor: Actor, hostnameId: number): Promise<void>;
  /**
   * Looks for the TXT record with the hostname's token now.
   * @throws DeskError `validation-failed` where it is not there
   */
  verifyHostname(actor: Actor, hostnameId: number): Promise<Hostname>;
  /**
   * Whether the desk may answer for the name by itself: the account serves it, and nobody else claims it, or the
   * account has proved it by DNS. `*.` is covered by no file.
   */
  isTrusted(actor: Actor, hostname: Hostname): Promise<boolean>;
  /** Whether another account claims the name. */
  isContested(hostname: Hostname): Promise<boolean>;
  /**
   * Puts a certificate in place on websites: those of the account named, with its key on record.
   * @throws DeskError `not-found`, `invalid-value` where key and certificate do not fit
   */
  install(
    actor: Actor,
    websiteId: number,
    what: { certificatePem: string; keyId: number; certificateId: number | null },
  ): Promise<Website>;
  uninstall(actor: Actor, websiteId: number): Promise<Website>;
}

/** How long a hostname's TXT value is looked for. */
export interface HostnameProof {
  name: string;
  value: string;
  verifiedAt: Instant | null;
}
