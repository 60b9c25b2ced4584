import type { Store } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import { neededKeys } from '../issuers/embedded/admin.ts';
import { openKey } from '../issuers/embedded/ca.ts';
import type { SecretBox } from '../secrets/secret-box.ts';

/** Whether the stored keys of the CA open, belong to their certificates, and these are in their time. */
export async function openKeys(
  store: Store,
  box: SecretBox,
  clock: Clock,
): Promise<{ looked: string; faults: string[] }> {
  const { root, intermediate } = await neededKeys(store);
  const faults: string[] = [];
  for (const record of [root, intermediate]) {
    const { notAfter } = openKey(record, box).ca;
    if (notAfter <= clock.now())
      faults.push(`the ${record.name} certificate ended ${new Date(notAfter).toISOString()}`);
  }
  return { looked: 'root and intermediate', faults };
}
