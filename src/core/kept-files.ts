import type { Actor } from './desk.ts';
import type { KeptFile } from './records.ts';

export type NewKeptFile = Pick<
  KeptFile,
  'dialect' | 'type' | 'label' | 'commonName' | 'names' | 'der' | 'chainPem' | 'spkiHash' | 'notBefore' | 'notAfter'
>;

/**
 * CSRs and certificates that an account keeps beside its orders. Everything is looked up within the actor's account.
 * They are read from the store by label, fingerprint or key.
 */
export interface KeptFiles {
  /**
   * Answers with the one on record where the account keeps the same file in this dialect already; a chain that it
   * lacked is added to it.
   */
  keep(actor: Actor, ask: NewKeptFile): Promise<KeptFile & { isNew: boolean }>;
  rename(actor: Actor, fileId: number, label: string): Promise<KeptFile>;
  /** @throws DeskError `not-found` */
  remove(actor: Actor, fileId: number): Promise<void>;
}
