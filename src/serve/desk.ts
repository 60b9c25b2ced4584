import { createDesk, type DeskOffice } from '../core/create-desk.ts';
import type { ChallengeBoard, DomainControl, Issuer, NamePolicy, PkiTools } from '../core/ports.ts';
import { type RuleOverrides, Rules } from '../core/rules.ts';
import { SECOND } from '../core/time.ts';
import { type Ca, openCa } from '../issuers/embedded/ca.ts';
import { createCrlPublisher, type CrlPublisher } from '../issuers/embedded/crls.ts';
import { createEmbeddedIssuer } from '../issuers/embedded/issuer.ts';
import { loadDebianWeakKeys } from '../pki/debian-weak-keys.ts';
import { createPkiTools } from '../pki/tools.ts';
import type { Metrics } from '../http/metrics.ts';
import { createCrypto } from '../workers/crypto.ts';
import type { Foundation } from './foundation.ts';
import { timedIssuer } from './measure.ts';
import { outsideIssuers } from './outside-issuers.ts';
import { openPlatform, type Platform } from './platform.ts';

/** The heart with its CA, ready to be asked. */
export interface OpenDesk {
  office: DeskOffice;
  pki: PkiTools;
  names: NamePolicy;
  rules: Rules;
  issuers: ReadonlyMap<string, Issuer>;
  platform: Platform;
  ca: Ca;
  crls: CrlPublisher;
  close(): Promise<void>;
}

export interface OpenDeskOptions {
  domains: DomainControl;
  names: NamePolicy;
  /** Plain HTTP address of CRLs and CA certificates. */
  caUrl: () => string;
  /** Threads for CSRs and signatures; 0 for none. */
  threads: 0 | 1 | 2;
  wake: () => void;
  metrics: Metrics | null;
  /** Answers challenges of CAs outside; null where nothing here asks them. */
  board: ChallengeBoard | null;
}

/** Opens the CA, and makes it on the first start. */
export async function openDesk(foundation: Foundation, options: OpenDeskOptions): Promise<OpenDesk> {
  const { config, store, clock, random, box } = foundation;
  const { domains, names, wake } = options;
  const weakKeysDirectory = config.ca.weakKeys;
  // Here a wrong directory stops the start; on its thread it would fail every order.
  if (weakKeysDirectory !== undefined) loadDebianWeakKeys(weakKeysDirectory);
  const crypto = createCrypto({ threads: options.threads, weakKeysDirectory });
  const { keyAlgorithm: keyType, name: organization, country } = config.ca;
  const ca = await openCa({
    store,
    clock,
    random,
    box,
    signingKeys: crypto,
    caUrl: options.caUrl,
    keyType,
    subject: { organization, country },
  });
  const rules = rulesOf(config.ca);
  const embedded = createEmbeddedIssuer({ ca, clock, random });
  const outside = outsideIssuers(foundation, { board: options.board, names });
  const timed = [embedded, ...outside].map((issuer) =>
    options.metrics === null ? issuer : timedIssuer(issuer, options.metrics),
  );
  const issuers = new Map(timed.map((issuer) => [issuer.name, issuer]));
  const pki = createPkiTools({ readCsr: crypto.readCsr });
  const { catalogue } = config;
  const accountUri = (accountId: number): string => `https://${config.ca.caIdentifiers[0]}/accounts/${accountId}`;
  const askAgain = new Map(
    foundation.dialects.flatMap((dialect) => {
      const again = dialect.askAgain?.({ clock, random, names, catalogue, store });
      return again === undefined ? [] : [[dialect.name, again] as const];
    }),
  );
  const hold = config.workers.takeOver * SECOND;
  const engine = {
    store,
    clock,
    random,
    issuers,
    domains,
    pki,
    names,
    catalogue,
    rules,
    keptKeysOutside: rules.profile === 'public' && !config.sandbox.enabled,
    accountUri,
    freeOrdersPerDay: config.accounts.freeOrdersPerDay,
    wake,
    hold,
    askAgain,
  };
  return {
    office: createDesk(engine),
    pki,
    names,
    rules,
    issuers,
    platform: openPlatform({
      engine,
      box,
      dialects: foundation.dialects,
      shop: config.shop,
      sandboxed: config.sandbox.enabled,
      weakKeysDirectory,
    }),
    ca,
    crls: createCrlPublisher({ ca, store, clock }),
    close: () => crypto.close(),
  };
}

function rulesOf({ profile, ...relaxed }: Foundation['config']['ca']): Rules {
  const { validityDays, domainReuseDays, organizationReuseDays } = relaxed;
  const overrides = Object.entries({ validityDays, domainReuseDays, organizationReuseDays });
  const given = Object.fromEntries(overrides.filter(([, days]) => days !== undefined)) as RuleOverrides;
  return new Rules(profile, given);
}
