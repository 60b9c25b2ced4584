import type { Notification } from './records.ts';
import type { Unit } from './store.ts';
import type { Instant } from './time.ts';

type Told = Pick<Notification, 'accountId' | 'dialect' | 'kind' | 'message'> &
  Partial<Pick<Notification, 'requestId' | 'certificateId' | 'domainId' | 'organizationId' | 'days'>>;

/** Tells an account of something, within the transaction in which it happens. */
export function tellAccount(unit: Unit, told: Told, now: Instant): void {
  unit.insert('notifications', {
    requestId: null,
    certificateId: null,
    domainId: null,
    organizationId: null,
    days: null,
    ...told,
    id: unit.newId('notifications'),
    firedAt: now,
    readAt: null,
    acknowledgedAt: null,
    deliveredAt: null,
  });
}
