import type { AskAgain } from './ask-again.ts';
import type { DomainControl, Issuer, NamePolicy, PkiTools, Random } from './ports.ts';
import type { Catalogue } from './products.ts';
import type { Rules } from './rules.ts';
import type { Store } from './store.ts';
import type { Clock } from './time.ts';

/** Everything that the heart works with, handed in once. */
export interface Engine {
  store: Store;
  clock: Clock;
  random: Random;
  issuers: ReadonlyMap<string, Issuer>;
  domains: DomainControl;
  pki: PkiTools;
  names: NamePolicy;
  catalogue: Catalogue;
  rules: Rules;
  /** How dialects ask again where an order goes on by itself, by their folder names. */
  askAgain?: ReadonlyMap<string, AskAgain>;
  /** By which CAA records mean an account (RFC 8657 §3). */
  accountUri?: (accountId: number) => string;
  /** Whether CAs outside alone may sign for keys that are kept here: where the own CA is a public one (BR 6.1.1.3). */
  keptKeysOutside?: boolean;
  /** New orders that cost nothing, for what is served here, that an account may place in 24 hours; 0 or none: any number. */
  freeOrdersPerDay?: number;
  /** Tells the job runner of this process that there is work. */
  wake: () => void;
  /** Milliseconds that a call works on a request before its job passes to somebody else. Default 30 s. */
  hold?: number;
}
