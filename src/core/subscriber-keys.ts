import type { Actor } from './desk.ts';
import type { CsrAsk, KeyType, SelfSignedTerm } from './ports.ts';
import type { SubscriberKey } from './records.ts';
import type { Reader } from './store.ts';

export interface NewKeyAsk {
  dialect: string;
  label: string;
  type: KeyType;
}

/**
 * Keys that the desk makes and keeps for subscribers of hosting platforms: encrypted at rest, shown only to their
 * account, every showing on the audit trail. Everything is looked up within the actor's account, and asks for the
 * permission `order`.
 */
export interface SubscriberKeys {
  /** @throws DeskError `not-allowed` where keys must not be made here */
  make(actor: Actor, ask: NewKeyAsk): Promise<SubscriberKey>;
  /**
   * Makes a key and uses it at once. Where that fails the key is removed, but for one that something on record stands
   * on by then: what is taken up later, such as an order by its job, needs its key.
   * @throws what `use` throws, and as `make`
   */
  makeFor<T>(actor: Actor, ask: NewKeyAsk, use: (key: SubscriberKey) => Promise<T>): Promise<T>;
  /**
   * Keeps a key that was brought in; answers with the one on record where the account has it already in this dialect.
   * @throws DeskError `invalid-value`
   */
  keep(actor: Actor, ask: { dialect: string; label: string; key: string | Uint8Array }): Promise<SubscriberKey>;
  /**
   * The private key, PKCS #8 PEM. `why` stands in the audit event: `SSL::show_key`.
   * @throws DeskError `not-found`
   */
  show(actor: Actor, keyId: number, why: string): Promise<string>;
  rename(actor: Actor, keyId: number, label: string): Promise<SubscriberKey>;
  /** @throws DeskError `not-found`, `wrong-state` where a website uses it */
  remove(actor: Actor, keyId: number): Promise<void>;
  /** A signed CSR of a kept key, DER. @throws DeskError `not-found`, `invalid-value` */
  makeCsr(actor: Actor, keyId: number, ask: CsrAsk): Promise<Uint8Array>;
  /** A certificate that a kept key signs itself, DER. @throws DeskError `not-found`, `invalid-value` */
  makeSelfSigned(actor: Actor, keyId: number, ask: CsrAsk & SelfSignedTerm): Promise<Uint8Array>;
}

/** The key of an account in a dialect by the hash of its public half, without its secret. */
export async function keyBySpki(
  reader: Pick<Reader, 'find'>,
  owner: { accountId: number; dialect: string },
  spkiHash: string,
): Promise<SubscriberKey | null> {
  const { accountId, dialect } = owner;
  const [key] = await reader.find('subscriberKeys', { accountId, dialect, spkiHash }, { limit: 1 });
  return key ?? null;
}
