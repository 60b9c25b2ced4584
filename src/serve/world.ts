import type { Config } from '../config/load.ts';
import { DeskError } from '../core/errors.ts';
import { httpAnswer } from '../core/challenge-answers.ts';
import type { DomainControl, LookAtName, NamePolicy, Random } from '../core/ports.ts';
import type { Store } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import { createMailer, type Mailer } from '../notify/mailer.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import type { FileLookup } from '../sandbox/web-server.ts';
import { createAddressGuard } from '../validation/address-guard.ts';
import { createDomainControl } from '../validation/domain-control.ts';
import { createGuardedFetch, type GuardedFetch } from '../validation/guarded-fetch.ts';
import { createLookAtName } from '../validation/name-sight.ts';
import { createResolver, type Resolver } from '../validation/resolver.ts';
import { systemDnsServers } from '../validation/system.ts';
import { namesOf } from './names.ts';

/** What lies outside: domains, mail and webhooks. In the sandbox it is inside, for reserved names alone. */
export interface World {
  domains: DomainControl;
  /** What `domains` looks names up with. */
  resolver: Resolver;
  /** What can be seen of a name from outside. */
  lookAt: LookAtName;
  names: NamePolicy;
  mailer: Mailer;
  /** For webhooks. */
  fetch: GuardedFetch;
  sandbox: Sandbox | null;
  close(): Promise<void>;
}

/** Asked at least twice before a failure counts (BR 3.2.2.8.1). */
const DNS_TRIES = 3;
/** Where a developer's own receiver listens. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

type Tools = { clock: Clock; random: Random; store: Store };

export async function openWorld(config: Config, tools: Tools): Promise<World> {
  const { clock, store } = tools;
  const lookup: FileLookup = (host, path) => httpAnswer(store, host, path, clock.now());
  const sandbox = config.sandbox.enabled ? await startSandbox({ clock, lookup }) : null;
  const mailer = mailerOf(config, sandbox);
  const webhookRanges = [...config.webhooks.allowedRanges, ...(sandbox === null ? [] : LOOPBACK)];
  const resolver = resolverOf(config, sandbox, tools);
  return {
    domains: domainsOf(config, sandbox, resolver, tools.clock),
    resolver,
    lookAt: createLookAtName({
      resolver,
      guard: createAddressGuard({ allow: config.validation.allowedRanges }),
      ...(sandbox === null ? {} : { route: sandbox.route }),
    }),
    names: namesOf(config),
    mailer,
    fetch: createGuardedFetch({ guard: createAddressGuard({ allow: webhookRanges }) }),
    sandbox,
    close: async () => {
      mailer.close();
      await sandbox?.close();
    },
  };
}

function resolverOf(config: Config, sandbox: Sandbox | null, { clock, random }: Tools): Resolver {
  const { dnsServers, dnsTimeout } = config.validation;
  const servers = sandbox === null ? systemDnsServers(dnsServers.length > 0 ? dnsServers : undefined) : [sandbox.dns];
  return createResolver({
    serversFor: () => servers,
    timeoutMs: dnsTimeout * 1_000,
    attempts: DNS_TRIES,
    random,
    clock,
  });
}

function domainsOf(config: Config, sandbox: Sandbox | null, resolver: Resolver, clock: Clock): DomainControl {
  const { httpTimeout, allowedRanges } = config.validation;
  return createDomainControl({
    resolver,
    guard: createAddressGuard({ allow: allowedRanges }),
    caIdentifiers: config.ca.caIdentifiers,
    clock,
    http: { totalTimeoutMs: httpTimeout * 1_000, ...(sandbox === null ? {} : { route: sandbox.route }) },
  });
}

function mailerOf(config: Config, sandbox: Sandbox | null): Mailer {
  if (sandbox !== null) {
    return createMailer({ ...sandbox.smtp, secure: false, from: 'Chancery <desk@chancery.test>' });
  }
  if (config.mail === undefined) return NO_MAILER;
  const { host, port, secure, from, user } = config.mail;
  const password = config.secrets.smtpPassword ?? '';
  return createMailer({ host, port, secure, from, ...(user === undefined ? {} : { user, password }) });
}

const NO_MAILER: Mailer = {
  send: async () => {
    throw new DeskError('internal', 'No mail can be sent: put a [mail] section into the configuration');
  },
  close: () => undefined,
};
