import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { AskAgain, AskAgainTools } from '../core/ask-again.ts';
import type { AskForItem, Checkouts, ShopSettings } from '../core/checkouts.ts';
import type { Actor, Desk } from '../core/desk.ts';
import type { Hosting } from '../core/hosting.ts';
import type { KeptFiles } from '../core/kept-files.ts';
import type { DomainControl, Issuer, KeyTools, LookAtName, NamePolicy, PkiTools, Random } from '../core/ports.ts';
import type { Catalogue } from '../core/products.ts';
import type { Role } from '../core/records.ts';
import type { Registry } from '../core/registry.ts';
import type { Rules } from '../core/rules.ts';
import type { Store } from '../core/store.ts';
import type { SubscriberKeys } from '../core/subscriber-keys.ts';
import type { Clock } from '../core/time.ts';
import type { Webhooks } from '../core/webhooks.ts';

/** What a dialect is given to serve its vendor's API with. */
export interface DialectContext {
  desk: Desk;
  registry: Registry;
  webhooks: Webhooks;
  store: Store;
  clock: Clock;
  random: Random;
  catalogue: Catalogue;
  pki: PkiTools;
  names: NamePolicy;
  rules: Rules;
  issuers: ReadonlyMap<string, Issuer>;
  /** Looks at what is published for a domain, behind the address guard. */
  domains: DomainControl;
  lookAt: LookAtName;
  /** Websites of hosting platforms, the keys of their certificates, and purchases on a page. */
  hosting: Hosting;
  subscriberKeys: SubscriberKeys;
  keyTools: KeyTools;
  keptFiles: KeptFiles;
  checkouts: Checkouts;
  shop: ShopSettings;
  /**
   * The actor behind a secret of this dialect; null where it is unknown, revoked or its account is locked.
   * Compares in constant time.
   */
  authenticate(secret: string): Promise<Actor | null>;
  /** The same for a key of the operator's, whose actor may speak for every account. */
  authenticateOperator(secret: string): Promise<Actor | null>;
  /**
   * 32 octets for one purpose, derived from the installation's master key (HKDF-SHA-256, RFC 5869): the same in every
   * process and after a restart, and never stored.
   */
  deriveKey(purpose: string): Uint8Array;
  /** Takes one call from the credential's allowance. Answers 0, or the whole seconds to wait. */
  takeCall(key: string): number;
  /** Whether limits that the vendor documents hold beside those of the operator. */
  vendorLimits: boolean;
  /** Without a trailing slash, as clients reach this server. */
  publicUrl(): string;
  log: FastifyBaseLogger;
}

/** What a dialect makes an order of an item with. */
export type AskForItemTools = Pick<DialectContext, 'store' | 'clock' | 'random' | 'names' | 'pki' | 'catalogue'>;

/** What the first start of the sandbox has made, so that a certificate can be had at once. */
export interface ReadyAccount {
  organizationId: number;
  domain: string;
  /** A website of each hosting dialect, by the dialect's name. */
  websites?: ReadonlyMap<string, ReadyWebsite>;
}

export interface ReadyWebsite {
  uid: string;
  name: string;
  hostnames: readonly { uid: string; name: string }[];
}

/** What a dialect of a hosting platform says of its websites. */
export interface HostingDialect {
  /** Label of the TXT record that proves a name: `_label` before it. */
  proofLabel: string;
  /** What the first start of the sandbox makes: a website of these names, the first one primary, all reserved (RFC 6761). */
  ready: { group: string | null; website: string; hostnames: readonly string[] };
}

/** One vendor's API. `src/server.ts` lists them; each lies in its own folder. */
export interface Dialect {
  /** Folder name: `realtime-register`. */
  readonly name: string;
  /** Member of `credentials.json`: `realtimeRegister`. */
  readonly credentialsKey: string;
  /**
   * Kinds of secrets with which one signs in, each a credential of its own, labelled so; one without a kind where it is
   * not told. The first is made where nobody asks for another.
   */
  readonly secretKinds?: readonly [string, ...string[]];
  /**
   * A new secret, to be known again by `authenticate`: what this vendor's clients send, all of it where they send more
   * than one word (`user:password`); holds 256 random bits. Its text tells its kind.
   */
  newSecret(handle: string, random: Random, kind?: string): string;
  /** What the key of the first start may do; by default `orders`. */
  readonly firstRole?: Role;
  /** What a client needs, written into `credentials.json`; of several kinds of secrets all members together. */
  describeCredentials(handle: string, secret: string, ready?: ReadyAccount | null): Record<string, unknown>;
  /** The first kind's secret out of these members, null where it is not there; where it is not told, `apiKey`. */
  secretOf?(credentials: Readonly<Record<string, unknown>>): string | null;
  /** Of hosting platforms. */
  readonly hosting?: HostingDialect;
  /** A `curl` command that works on a fresh start. */
  exampleCommand(baseUrl: string, handle: string, secret: string): string;
  /** Registers routes, parsers, 404 and error renderer on an encapsulated instance. */
  serve(app: FastifyInstance, context: DialectContext): Promise<void>;
  /** How its orders that go on by themselves are asked for; where it is not told, as the last time to the letter. */
  askAgain?(tools: AskAgainTools): AskAgain;
  /** How items are ordered that were bought on its pages. */
  askForItem?(tools: AskForItemTools): AskForItem;
  /** OpenAPI 3.1 document of what is served. */
  openApi(): Record<string, unknown>;
}
