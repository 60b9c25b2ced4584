import { createHash } from 'node:crypto';
import { DeskError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import type { Clock } from '../../core/time.ts';
import { toPem } from '../../pki/pem.ts';
import { type Delivered, readDelivered } from './delivered.ts';

/** Keeps the chain that came with a leaf; where it is kept already, the first one stays. */
export async function keepChain(store: Store, clock: Clock, issuer: string, delivered: Delivered): Promise<void> {
  const fingerprint = fingerprintOf(delivered.leaf);
  const pem = delivered.above.map((der) => toPem('CERTIFICATE', der)).join('');
  try {
    await store.transact(async (unit) => {
      if ((await unit.find('outsideChains', { fingerprint })).length > 0) return;
      const id = unit.newId('outsideChains');
      unit.insert('outsideChains', { id, issuer, fingerprint, pem, createdAt: clock.now() });
    });
  } catch (error) {
    if (!(error instanceof DeskError && error.kind === 'already-exists')) throw error;
  }
}

/** Certificates above the leaf, DER; none where its chain is not kept. */
export async function readChain(store: Store, leaf: Uint8Array): Promise<Uint8Array[]> {
  const [kept] = await store.find('outsideChains', { fingerprint: fingerprintOf(leaf) });
  if (kept === undefined) return [];
  const read = readDelivered(kept.pem);
  return read === null ? [] : [read.leaf, ...read.above];
}

function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex').toUpperCase();
}
