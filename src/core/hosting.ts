import type { Actor } from './desk.ts';
import type { Hostname, Website, WebsiteGroup } from './records.ts';

export type NewWebsite = Pick<Website, 'name' | 'groupId' | 'extra'> & { uid?: string };
export type NewHostname = Pick<Hostname, 'name' | 'extra'> & {
  uid?: string;
  isPrimary?: boolean;
  redirectsTo?: number | null;
};

/** `extra` as it is to be, or as it follows from what is kept at that moment. */
export interface HostnameChanges extends Partial<Pick<Hostname, 'isPrimary' | 'redirectsTo'>> {
  extra?: Hostname['extra'] | ((kept: Hostname['extra']) => Hostname['extra']);
}

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
   * Names are made A-labels. One that another account claims already must be proved before it is believed.
   * @throws DeskError `invalid-value`, `already-exists` on the same website
   */
  addHostnames(actor: Actor, websiteId: number, asks: readonly NewHostname[]): Promise<Hostname[]>;
  /** One primary name per website: another stops being it. */
  changeHostname(actor: Actor, hostnameId: number, changes: HostnameChanges): Promise<Hostname>;
  deleteHostname(actor: Actor, hostnameId: number): Promise<void>;
  /**
   * Looks for the TXT record with the hostname's token now.
   * @throws DeskError `validation-failed` where it is not there
   */
  verifyHostname(actor: Actor, hostnameId: number): Promise<Hostname>;
  /** The TXT record with which the account proves the name; null once it has. */
  proofRecord(hostname: Hostname): { name: string; value: string } | null;
  /**
   * Whether the desk may answer for the name by itself: the account serves it, and has proved it by DNS, or nobody
   * else claims it, or others claimed it after a certificate was issued to the account. `*.` is covered by no file.
   */
  isTrusted(actor: Actor, hostname: Hostname): Promise<boolean>;
  /** Whether another account claims the name, or one above it. */
  isContested(hostname: Hostname): Promise<boolean>;
  /**
   * Puts a certificate in place: on the website, or on those hostnames of it that are named. The key is one of the
   * account, on record. Answers with the website as it is then.
   * @throws DeskError `not-found`, `invalid-value` where key and certificate do not fit
   */
  install(actor: Actor, websiteId: number, what: Installation): Promise<Website>;
  /** @throws DeskError `not-found` */
  uninstall(actor: Actor, websiteId: number): Promise<Website>;
}

export interface Installation {
  /** Leaf first, PEM. */
  certificatePem: string;
  keyId: number;
  /** The certificate's record, where the desk has one. */
  certificateId: number | null;
  hostnameIds?: readonly number[];
}

/** What the operator does for accounts: platforms make websites, and know whose they are. */
export interface OperatorHosting
  extends Pick<
    Hosting,
    'createGroup' | 'deleteGroup' | 'createWebsite' | 'deleteWebsite' | 'addHostnames' | 'deleteHostname'
  > {
  /**
   * The operator's word that the account controls the name: it counts like a proof by DNS.
   * @throws DeskError `not-found`
   */
  vouchFor(actor: Actor, hostnameId: number): Promise<Hostname>;
}
