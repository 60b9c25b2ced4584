import type { AskForItem, Checkouts, OperatorCheckouts, ShopSettings } from '../core/checkouts.ts';
import { createCheckouts, createOperatorCheckouts } from '../core/checkouts/create-checkouts.ts';
import type { Hosting } from '../core/hosting.ts';
import { createHosting } from '../core/hosting/create-hosting.ts';
import type { Engine } from '../core/parts.ts';
import { createKeptFiles } from '../core/create-kept-files.ts';
import type { KeptFiles } from '../core/kept-files.ts';
import type { KeyTools } from '../core/ports.ts';
import type { SubscriberKeys } from '../core/subscriber-keys.ts';
import { createSubscriberKeys } from '../core/subscriber-keys/create-subscriber-keys.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { loadDebianWeakKeys } from '../pki/debian-weak-keys.ts';
import { createKeyTools } from '../pki/key-tools.ts';
import type { SecretBox } from '../secrets/secret-box.ts';

/** What dialects of hosting platforms are given beside the desk. */
export interface Platform {
  hosting(dialect: Pick<Dialect, 'name' | 'hosting'>): Hosting;
  subscriberKeys: SubscriberKeys;
  keyTools: KeyTools;
  keptFiles: KeptFiles;
  /** Purchases over the dialect of this folder name. */
  checkouts(dialect: string): Checkouts;
  operatorCheckouts: OperatorCheckouts;
}

export interface PlatformParts {
  engine: Engine;
  box: SecretBox;
  dialects: readonly Pick<Dialect, 'name' | 'askForItem'>[];
  shop: Pick<ShopSettings, 'openFor'>;
  /** Whether names and CA are of the offline world, which nobody trusts. */
  sandboxed: boolean;
  /** Directory of Debian's lists of weak keys. */
  weakKeysDirectory?: string | undefined;
}

/** Puts together what hosting platforms need of the heart. */
export function openPlatform(parts: PlatformParts): Platform {
  const { engine, box, shop, weakKeysDirectory } = parts;
  const { store, clock } = engine;
  const keyTools = createKeyTools(
    weakKeysDirectory === undefined ? {} : { weakKeys: loadDebianWeakKeys(weakKeysDirectory) },
  );
  const objection = (dialect: string): string | null => keyObjection(parts, dialect);
  const asks = new Map<string, AskForItem | undefined>(
    parts.dialects.map((dialect) => [dialect.name, dialect.askForItem?.(engine)]),
  );
  const askOf = (dialect: string): AskForItem | undefined => asks.get(dialect);
  return {
    hosting: ({ name, hosting }) => createHosting(engine, name, hosting?.proofLabel),
    subscriberKeys: createSubscriberKeys({ store, clock, keyTools, seal: box.seal, open: box.open, objection }),
    keyTools,
    keptFiles: createKeptFiles({ store, clock }),
    checkouts: (dialect) => createCheckouts({ engine, dialect, openFor: shop.openFor, askOf }),
    operatorCheckouts: createOperatorCheckouts({ engine, askOf }),
  };
}

/**
 * Why keys must not be made here for subscribers over this dialect: a CA that others trust must not make its
 * subscribers' keys (BR 6.1.1.3), a hosting platform, which is the subscriber, may. Null where they may be made.
 */
export function keyObjection(
  { engine: { rules, catalogue }, sandboxed }: { engine: Pick<Engine, 'rules' | 'catalogue'>; sandboxed: boolean },
  dialect: string,
): string | null {
  if (rules.profile === 'private' || sandboxed) return null;
  // The own CA does not sign for keys that are kept here (core/kept-keys.ts), so one issuer outside is enough.
  const sold = catalogue.soldBy(dialect);
  if (sold.length === 0 || sold.some(({ issuers }) => issuers.some((name) => name !== 'embedded'))) return null;
  return (
    `In the public profile the CA of this desk must not make its subscribers' keys (BR 6.1.1.3), and nobody else signs ` +
    `the products of ${dialect}: configure an issuer outside for them, or bring keys of your own`
  );
}
