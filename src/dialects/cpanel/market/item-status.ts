import type {
  Certificate,
  CertificateRequest,
  Checkout,
  CheckoutItem,
  Organization,
  Validation,
} from '../../../core/records.ts';
import { isFinal } from '../../../core/states.ts';
import { covers } from '../../../core/facts.ts';
import type { World } from '../world.ts';

/** All that is on record of one item of a purchase. */
export interface ItemFacts {
  item: CheckoutItem;
  /** As it shows now. */
  checkoutState: Checkout['state'];
  request: CertificateRequest | null;
  certificate: Certificate | null;
  validations: readonly Validation[];
  organization: Organization | null;
}

export type StatusCode = 'CertificateNotFound' | 'RequiresApproval' | 'OrderCanceled' | 'OrderItemCanceled';

export interface ItemStatus {
  /** Null once the certificate is there. */
  code: StatusCode | null;
  /** For people; empty where there is nothing to say. */
  message: string;
}

/** Of items of one account, in their order. */
export async function loadItems({ store, clock }: World, items: readonly CheckoutItem[]): Promise<ItemFacts[]> {
  const idsOf = (ids: readonly (number | null)[]): number[] => [...new Set(ids.filter((id) => id !== null))];
  const requestIds = idsOf(items.map(({ requestId }) => requestId));
  const orderIds = idsOf(items.map(({ orderId }) => orderId));
  const [checkouts, requests, certificates, validations, orders] = await Promise.all([
    store.find('checkouts', { id: idsOf(items.map(({ checkoutId }) => checkoutId)) }),
    store.find('requests', { id: requestIds }),
    store.find('certificates', { requestId: requestIds }),
    store.find('validations', { requestId: requestIds }),
    store.find('orders', { id: orderIds }),
  ]);
  const organizations = await store.find('organizations', { id: idsOf(orders.map((one) => one.organizationId)) });
  const now = clock.now();
  return items.map((item) => {
    const checkout = checkouts.find(({ id }) => id === item.checkoutId) as Checkout;
    const isOver = checkout.state === 'open' && checkout.expiresAt <= now;
    const order = orders.find(({ id }) => id === item.orderId);
    return {
      item,
      checkoutState: isOver ? 'expired' : checkout.state,
      request: requests.find(({ id }) => id === item.requestId) ?? null,
      certificate: certificates.find(({ requestId }) => requestId === item.requestId) ?? null,
      validations: validations.filter(({ requestId }) => requestId === item.requestId),
      organization: organizations.find(({ id }) => id === order?.organizationId) ?? null,
    };
  });
}

/** Where an item stands, in the words of the API. */
export function statusOf({ checkoutState, request, certificate, validations }: ItemFacts): ItemStatus {
  if (checkoutState === 'open') return { code: 'CertificateNotFound', message: 'The order is not paid for yet.' };
  if (request === null) return { code: 'OrderCanceled', message: `The order is ${checkoutState}.` };
  if (certificate !== null) return { code: null, message: '' };
  if (isFinal('request', request.state))
    return { code: 'OrderItemCanceled', message: request.detail ?? `The request is ${request.state}.` };
  const waiting = Object.entries(request.checks).filter(([, state]) => state !== 'passed');
  if (waiting.length > 0)
    return { code: 'RequiresApproval', message: `Waits for: ${waiting.map(([check]) => check).join(', ')}.` };
  return { code: 'CertificateNotFound', message: whatIsOpen(validations) ?? request.detail ?? '' };
}

/** What is to be published, for who can. */
function whatIsOpen(validations: readonly Validation[]): string | null {
  const lines = validations.flatMap(({ state, challenges, detail }) =>
    state === 'valid' || state === 'cancelled'
      ? []
      : challenges.map((challenge) => {
          const why = detail === null ? '' : ` (${detail})`;
          return challenge.method === 'dns'
            ? `Publish the TXT record ${challenge.name} “${challenge.value}”${why}`
            : `Waits for ${challenge.method === 'http' ? `http://${challenge.host}${challenge.path}` : challenge.address}${why}`;
        }),
  );
  return lines.length === 0 ? null : `${lines.join('; ')}.`;
}

/** Whether a name of the item is proved. */
export function isProved({ validations, certificate }: ItemFacts, name: string): boolean {
  return certificate !== null || validations.some((one) => one.state === 'valid' && covers(one, name));
}
