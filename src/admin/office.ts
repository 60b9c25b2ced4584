import type { DeskOffice } from '../core/create-desk.ts';
import type { OperatorHosting } from '../core/hosting.ts';
import type { Random } from '../core/ports.ts';
import type { Catalogue } from '../core/products.ts';
import type { Store, Unit } from '../core/store.ts';
import type { Clock } from '../core/time.ts';

/** A served API, as far as its keys go; every dialect is one. */
export interface KeyMaker {
  readonly name: string;
  readonly secretKinds?: readonly [string, ...string[]];
  newSecret(handle: string, random: Random, kind?: string): string;
  /** Set where it is that of a hosting platform, and its accounts have websites. */
  readonly hosting?: object;
}

/** What the operator's work needs, behind the command line and the admin API alike. */
export interface Office {
  store: Store;
  clock: Clock;
  random: Random;
  catalogue: Catalogue;
  dialects: readonly KeyMaker[];
  /** Currency and cents of a new account that asks for nothing else. */
  accountDefaults: { currency: string; startBalance: number };
  /** Websites of the dialect of this folder name. */
  hosting(dialect: string): OperatorHosting;
  vetting: Pick<DeskOffice, 'vetOrganization' | 'confirmVetting' | 'passCheck'>;
}

/** Puts an operator's act on the audit trail. `by` is the person's name. */
export function record(
  unit: Unit,
  office: Pick<Office, 'clock'>,
  act: { by: string; action: string; target: string; accountId: number | null; details?: Record<string, unknown> },
): void {
  const { by, details = {}, ...rest } = act;
  unit.audit({ ...rest, details, at: office.clock.now(), actor: `operator:${by}` });
}
