import type { Actor } from './desk.ts';
import type { KeyType } from './ports.ts';
import type { Subject, SubscriberKey } from './records.ts';
import type { Unit } from './store.ts';

/**
 * Keys that the desk makes and keeps for subscribers of hosting platforms: encrypted at rest, shown only to their
 * account, every showing on the audit trail. Everything is looked up within the actor's account.
 */
export interface SubscriberKeys {
  /** @throws DeskError `not-allowed` where keys must not be made here (`mayMake`) */
  make(actor: Actor, ask: { dialect: string; label: string; type: KeyType }): Promise<SubscriberKey>;
  /** Keeps a key that was brought in; answers with the one on record where the account has it already. @throws `invalid-value` */
  keep(actor: Actor, ask: { dialect: string; label: string; key: string }): Promise<SubscriberKey>;
  /**
   * The private key, PKCS #8 PEM. `why` stands in the audit event: `SSL::show_key`.
   * @throws DeskError `not-found`
   */
  show(actor: Actor, keyId: number, why: string): Promise<string>;
  rename(actor: Actor, keyId: number, label: string): Promise<SubscriberKey>;
  /** @throws DeskError `not-found`, `wrong-state` where a website uses it */
  remove(actor: Actor, keyId: number): Promise<void>;
  /** A signed CSR of a kept key, DER. @throws DeskError `not-found` */
  makeCsr(
    actor: Actor,
    keyId: number,
    ask: { commonName: string; names: readonly string[]; subject: Subject; email?: string },
  ): Promise<Uint8Array>;
}

/** Within a unit: the key of an account by its hash, without its secret. */
export async function keyBySpki(
  unit: Pick<Unit, 'find'>,
  accountId: number,
  spkiHash: string,
): Promise<SubscriberKey | null> {
  const [key] = await unit.find('subscriberKeys', { accountId, spkiHash }, { limit: 1 });
  return key ?? null;
}
