import type { Checkouts } from '../../core/checkouts.ts';
import type { Hosting } from '../../core/hosting.ts';
import type { KeyTools } from '../../core/ports.ts';
import type { SubscriberKeys } from '../../core/subscriber-keys.ts';
import type { DialectContext } from '../dialect.ts';

/** What the functions of this dialect work with. */
export interface World extends DialectContext {
  hosting: Hosting;
  subscriberKeys: SubscriberKeys;
  keyTools: KeyTools;
  checkouts: Checkouts;
}
