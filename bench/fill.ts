import type { ChanceryStore } from '../src/store/open.ts';
import { newCertificate, newRequest } from './order-shape.ts';

const AT = Date.parse('2026-11-22T12:00:00Z');
const DAY = 86_400_000;
/** Large: the pages of the indexes are then written once for many records. */
const BATCH = 25_000;
const PRODUCTS = ['dv-single', 'dv-multi', 'dv-wildcard', 'ov-single', 'ov-multi', 'ev-single'];
const COUNTRIES = ['NL', 'DE', 'FR', 'BE', 'GB', 'US', 'ES', 'IT'];

/**
 * Fills an account with certificates and their requests, spread over a year and over what lists are filtered by: one
 * in five of an organization, one in ten expired, one in fifty revoked.
 */
export async function fillCertificates(
  store: ChanceryStore,
  accountId: number,
  count: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    await store.transact(async (unit) => {
      for (let n = done + 1; n <= Math.min(done + BATCH, count); n += 1) {
        const label = `shop-${((n * 2_654_435_761) % 4_294_967_296).toString(36)}`;
        const request = newRequest(unit.newId('requests'), accountId, 100_000 + n, label);
        const organized = n % 5 === 0;
        const notBefore = AT - Math.floor((n * 7_919) % 360) * DAY - (n % 86_400) * 1_000;
        const notAfter = notBefore + 200 * DAY;
        const state = n % 50 === 0 ? 'revoked' : notAfter < AT ? 'expired' : 'active';
        const product = PRODUCTS[organized ? 3 + (n % 3) : n % 3] as string;
        unit.insert('requests', {
          ...request,
          product,
          state: 'completed',
          createdAt: notBefore,
          updatedAt: notBefore + 5_000,
        });
        unit.insert('certificates', {
          ...newCertificate(unit.newId('certificates'), request, n),
          product,
          state,
          notBefore,
          notAfter,
          createdAt: notBefore,
          subscriptionEndsAt: n % 4 === 0 ? notBefore + 365 * DAY : null,
          keyAlgorithm: n % 3 === 0 ? 'RSA' : 'ECDSA',
          keyBits: n % 3 === 0 ? 2_048 : 256,
          revokedAt: state === 'revoked' ? AT : null,
          ...(organized
            ? { organization: `Company ${n % 5_000}`, locality: `City ${n % 300}`, country: COUNTRIES[n % 8] as string }
            : {}),
        });
      }
    });
    onProgress(Math.min(done + BATCH, count));
  }
}
