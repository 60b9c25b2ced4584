import type { CheckoutItem, InstallOn } from '../../../core/records.ts';
import type { CertificateWish } from './certificate-ask.ts';
import type { Identity } from './identity.ts';
import type { SubjectName } from './subject-names.ts';

/** What an item keeps beside what the shop knows of it. */
export interface ItemExtra {
  subjectNames: SubjectName[];
  /** As they were sent. */
  vhostNames: string[];
  installOn: InstallOn;
  identity: Identity | null;
}

export function itemExtra(
  { names, vhostNames, identity }: CertificateWish,
  places: InstallOn,
): Record<string, unknown> {
  const extra: ItemExtra = {
    subjectNames: [...names],
    vhostNames: [...vhostNames],
    installOn: places,
    identity,
  };
  return { ...extra };
}

export function extraOf({ extra }: Pick<CheckoutItem, 'extra'>): ItemExtra {
  return extra as unknown as ItemExtra;
}
