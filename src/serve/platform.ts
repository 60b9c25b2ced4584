import type { Checkouts } from '../core/checkouts.ts';
import { DeskError } from '../core/errors.ts';
import type { Hosting } from '../core/hosting.ts';
import type { Engine } from '../core/parts.ts';
import type { KeyTools } from '../core/ports.ts';
import type { SubscriberKeys } from '../core/subscriber-keys.ts';
import type { SecretBox } from '../secrets/secret-box.ts';

/** What dialects of hosting platforms are given beside the desk. */
export interface Platform {
  /** Websites of the dialect of this folder name. */
  hosting(dialect: string): Hosting;
  subscriberKeys: SubscriberKeys;
  keyTools: KeyTools;
  /** Purchases over the dialect of this folder name. */
  checkouts(dialect: string): Checkouts;
}

export interface PlatformParts {
  engine: Engine;
  box: SecretBox;
}

/** Puts together what hosting platforms need of the heart. */
export function openPlatform(_parts: PlatformParts): Platform {
  return {
    hosting: () => absent<Hosting>('hosting'),
    subscriberKeys: absent<SubscriberKeys>('subscriber keys'),
    keyTools: absent<KeyTools>('key tools'),
    checkouts: () => absent<Checkouts>('checkouts'),
  };
}

/** Stands in until the part is there: every call fails. */
function absent<T extends object>(what: string): T {
  const fail = (): never => {
    throw new DeskError('internal', `There are no ${what} yet`);
  };
  return new Proxy({}, { get: () => fail }) as T;
}
