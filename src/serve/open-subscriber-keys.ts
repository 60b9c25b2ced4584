import { createHash } from 'node:crypto';
import { keyContext } from '../core/subscriber-keys/create-subscriber-keys.ts';
import type { Store } from '../core/store.ts';
import type { SecretBox } from '../secrets/secret-box.ts';

/** Whether every sealed key of a subscriber opens, under its own account and public half. */
export async function openSubscriberKeys(
  store: Store,
  box: Pick<SecretBox, 'open'>,
): Promise<{ looked: string; faults: string[] }> {
  const faults: string[] = [];
  let count = 0;
  for await (const key of store.walk('subscriberKeys')) {
    count += 1;
    const { id, accountId, spki, spkiHash, encryptedKey } = key;
    if (createHash('sha256').update(spki).digest('hex') !== spkiHash) {
      faults.push(`key ${id} of account ${accountId}: its public half is not the one that its hash names`);
    }
    try {
      box.open(encryptedKey, keyContext(key)).fill(0);
    } catch (error) {
      faults.push(`key ${id} of account ${accountId}: ${(error as Error).message}`);
    }
  }
  return { looked: `${count} keys of subscribers`, faults };
}
