import type { Engine } from './parts.ts';
import type { Product } from './products.ts';
import type { Reader } from './store.ts';

/**
 * Whether the own CA must not sign for a key because it is kept here for its subscriber, whoever asks (BR 6.1.1.3).
 * Looked up only where that rule holds and the own CA could be asked.
 */
export async function isKeyKeptHere(
  { keptKeysOutside, issuers }: Pick<Engine, 'keptKeysOutside' | 'issuers'>,
  reader: Pick<Reader, 'find'>,
  product: Product | null,
  spkiHash: string | null,
): Promise<boolean> {
  if (keptKeysOutside !== true || product === null || spkiHash === null) return false;
  if (product.issuers.every((name) => issuers.get(name)?.outside === true)) return false;
  const [key] = await reader.find('subscriberKeys', { spkiHash }, { limit: 1 });
  return key !== undefined;
}
