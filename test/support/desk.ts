import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { buildCatalogue } from '../../src/config/catalogue.ts';
import type { ShopSettings } from '../../src/core/checkouts.ts';
import { createDesk, type DeskOffice } from '../../src/core/create-desk.ts';
import type { Actor } from '../../src/core/desk.ts';
import type { Engine } from '../../src/core/parts.ts';
import type { CaaCheck, DomainCheck, DomainControl, NameSight, Random } from '../../src/core/ports.ts';
import type { Catalogue } from '../../src/core/products.ts';
import type { Challenge, Kind, Role } from '../../src/core/records.ts';
import { Rules } from '../../src/core/rules.ts';
import type { Store } from '../../src/core/store.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { createAuthenticator, hashSecret } from '../../src/http/authenticate.ts';
import { createApp } from '../../src/http/create-app.ts';
import { openCa } from '../../src/issuers/embedded/ca.ts';
import type { CaKeyType } from '../../src/issuers/embedded/create-ca.ts';
import { createEmbeddedIssuer } from '../../src/issuers/embedded/issuer.ts';
import { createNamePolicy } from '../../src/pki/names.ts';
import { createPkiTools } from '../../src/pki/tools.ts';
import { RESERVED_SUFFIXES } from '../../src/sandbox/reserved-names.ts';
import type { WebhookSettings } from '../../src/notify/webhook-settings.ts';
import { createWebhookOffice } from '../../src/notify/webhook-office.ts';
import { createDeliverWebhook, type OutgoingFetch } from '../../src/notify/webhooks.ts';
import { webhookDialects } from '../../src/serve/dialects.ts';
import { openPlatform, type Platform } from '../../src/serve/platform.ts';
import { createSecretBox } from '../../src/secrets/secret-box.ts';
import { createCrypto } from '../../src/workers/crypto.ts';
import { addAccount, handClock, runDueJobs, START } from './core-world.ts';
import { openssl } from './openssl.ts';

const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };

/** Domains pass where exactly what a challenge asks for was published. */
export class PublishedDomains implements DomainControl {
  readonly records = new Set<string>();
  readonly caaAnswers = new Map<string, CaaCheck>();

  publishRecord(type: string, name: string, value: string): void {
    this.records.add(`${type} ${name.replace(/\.$/, '')} ${value.replace(/\.$/, '')}`);
  }

  publishFile(url: string, content: string): void {
    this.records.add(`FILE ${url} ${content}`);
  }

  check(challenges: readonly Challenge[]): Promise<DomainCheck> {
    const passed = challenges.some((challenge) => this.records.has(keyOf(challenge)));
    const outcome = passed ? 'passed' : 'not-found';
    return Promise.resolve({ outcome, message: passed ? 'Found' : 'There is no such record', evidence: {} });
  }

  caa(name: string): Promise<CaaCheck> {
    return Promise.resolve(this.caaAnswers.get(name) ?? { status: 'empty', ttl: 300, message: 'None', evidence: {} });
  }
}

function keyOf(challenge: Challenge): string {
  if (challenge.method === 'dns') return `${challenge.record} ${challenge.name} ${challenge.value}`;
  if (challenge.method === 'http') return `FILE http://${challenge.host}${challenge.path} ${challenge.content}`;
  return `EMAIL ${challenge.address}`;
}

/** A desk with everything real but the time and the domains, served through one dialect. */
export interface TestDesk {
  app: FastifyInstance;
  store: Store;
  office: DeskOffice;
  platform: Platform;
  engine: Engine;
  catalogue: Catalogue;
  clock: ReturnType<typeof handClock>;
  domains: PublishedDomains;
  actor: Actor;
  secret: string;
  /** Seconds that the next calls have to wait, as the rate limit says. */
  limits: { wait: number };
  /** What is seen of names; nothing unless set. */
  sights: Map<string, NameSight>;
  runJobs(): Promise<number>;
  /** As secrets are kept at rest. */
  seal: WebhookSettings['seal'];
  /** What lies behind the addresses of webhooks: takes everything until it is set. */
  outgoing: { fetch: OutgoingFetch };
  /** Delivers what the account of `actor` is to be told. */
  runWebhooks(): Promise<void>;
  addKey(handle: string, role: Role): Promise<{ actor: Actor; secret: string }>;
}

export interface TestDeskOptions {
  balance?: number;
  catalogue?: Catalogue;
  shop?: ShopSettings;
  caKeyType?: CaKeyType;
  /** `public` unless given. */
  profile?: Rules['profile'];
  /** Whether the desk stands in the offline world: it does unless told otherwise. */
  sandboxed?: boolean;
  /** Any number unless given. */
  freeOrdersPerDay?: number;
  /** Gets every line of the log, in JSON. */
  lines?: string[];
}

/** The shop as it is without any configuration. */
export const SHOP: ShopSettings = {
  provider: 'Chancery',
  displayName: 'Chancery',
  aliases: ['cPStore'],
  payment: null,
  openFor: 86_400,
};

const NOTHING_SEEN: NameSight = {
  cname: null,
  a: [],
  aaaa: [],
  ns: [],
  mx: [],
  txt: [],
  caa: [],
  soa: null,
  dnsError: 'There is no such name',
  http: { status: null, location: null, error: 'There is no such name' },
  tls: null,
};

export async function createTestDesk(store: Store, dialect: Dialect, options: TestDeskOptions = {}): Promise<TestDesk> {
  const clock = handClock(START);
  const domains = new PublishedDomains();
  const catalogue = options.catalogue ?? buildCatalogue();
  const crypto = createCrypto({ threads: 0 });
  const box = createSecretBox({ bytes: hashSecret('master key of the tests'), source: 'test' }, random);
  const ca = await openCa({
    store,
    clock,
    random,
    box,
    signingKeys: crypto,
    caUrl: () => 'http://ca.test',
    keyType: options.caKeyType ?? 'P-256',
  });
  const issuer = createEmbeddedIssuer({ ca, clock, random });
  const pki = createPkiTools({ readCsr: (text) => crypto.readCsr(text) });
  const names = createNamePolicy({ profile: 'public', allowReserved: RESERVED_SUFFIXES });
  const issuers = new Map([[issuer.name, issuer]]);
  const { profile = 'public', sandboxed = true, freeOrdersPerDay = 0 } = options;
  const engine: Engine = {
    store,
    clock,
    random,
    issuers,
    domains,
    pki,
    names,
    catalogue,
    rules: new Rules(profile),
    keptKeysOutside: profile === 'public' && !sandboxed,
    freeOrdersPerDay,
    wake: () => {},
  };
  const again = dialect.askAgain?.(engine);
  if (again !== undefined) engine.askAgain = new Map([[dialect.name, again]]);
  const office = createDesk(engine);
  const platform = openPlatform({
    engine,
    box,
    dialects: [dialect],
    shop: options.shop ?? SHOP,
    sandboxed,
  });
  const { lines } = options;
  const log = lines === undefined ? pino({ level: 'silent' }) : pino({}, { write: (line) => void lines.push(line) });
  const app = createApp({ server: createServer(), log, logRequests: false, bodyLimit: 1_048_576, trustProxy: [] });
  const limits = { wait: 0 };
  const sights = new Map<string, NameSight>();
  const outgoing: TestDesk['outgoing'] = { fetch: async () => ({ status: 200 }) };
  const sides = webhookDialects({ store, catalogue, issuers });
  const webhooks = createWebhookOffice({
    store,
    clock,
    dialect: dialect.name,
    sign: sides.get(dialect.name)?.sign ?? (() => ({})),
    allowHttp: false,
    seal: box.seal,
    open: box.open,
    fetch: (url, call) => outgoing.fetch(url, call),
  });
  const deliver = createDeliverWebhook({
    store,
    clock,
    fetch: (url, call) => outgoing.fetch(url, call),
    dialects: sides,
    open: box.open,
    log,
  });
  await app.register(async (part) => {
    await dialect.serve(part, {
      desk: office.desk,
      registry: office.registry(dialect.name),
      webhooks,
      store,
      clock,
      random,
      catalogue,
      pki,
      names,
      rules: engine.rules,
      issuers,
      hosting: platform.hosting(dialect),
      subscriberKeys: platform.subscriberKeys,
      keyTools: platform.keyTools,
      keptFiles: platform.keptFiles,
      domains,
      lookAt: async (name) => sights.get(name) ?? NOTHING_SEEN,
      checkouts: platform.checkouts(dialect.name),
      shop: options.shop ?? SHOP,
      log,
      authenticateOperator: createAuthenticator({ store, clock, dialect: 'admin', evenLocked: true }),
      authenticate: createAuthenticator({ store, clock, dialect: dialect.name }),
      deriveKey: (purpose) => hashSecret(purpose),
      takeCall: () => limits.wait,
      vendorLimits: true,
      publicUrl: () => 'http://desk.test',
    });
  });
  await app.ready();
  const addKey = async (handle: string, role: Role): Promise<{ actor: Actor; secret: string }> => {
    const actor = { ...(await ownAccount(store, handle, options.balance ?? 10_000_000, clock.now())), role };
    const secret = dialect.newSecret(handle, random);
    await store.transact(async (unit) => {
      const credential = { accountId: actor.accountId, dialect: dialect.name, userName: actor.userName, role };
      const secretHash = hashSecret(secret);
      unit.insert('credentials', {
        id: unit.newId('credentials'),
        ...credential,
        userId: null,
        label: null,
        secretHash,
        createdAt: clock.now(),
        expiresAt: null,
        revokedAt: null,
      });
    });
    return { actor, secret };
  };
  const { actor, secret } = await addKey('acme', 'admin');
  const runJobs = () => runDueJobs({ engine, clock, office });
  const runWebhooks = async (): Promise<void> => {
    const { accountId } = actor;
    await deliver({ payload: { accountId, dialect: dialect.name } });
  };
  return {
    seal: box.seal,
    outgoing,
    runWebhooks,
    app,
    store,
    office,
    platform,
    engine,
    catalogue,
    clock,
    domains,
    actor,
    secret,
    limits,
    sights,
    runJobs,
    addKey,
  };
}

async function ownAccount(store: Store, handle: string, balance: number, now: number): Promise<Actor> {
  const [account] = await store.find('accounts', { handle });
  if (account === undefined) return addAccount(store, handle, balance, now);
  return {
    accountId: account.id,
    handle,
    userName: 'ada',
    currency: account.currency,
    role: 'admin',
    userId: null,
    userRole: null,
  };
}

/** PEM of a new CSR with a P-256 key. */
export function newCsr(commonName: string | null, names: readonly string[] = [], subject = ''): string {
  const sans = names.map((name) => `DNS:${name}`).join(',');
  const key = 'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -utf8 -keyout /dev/null'.split(' ');
  const name = `${subject}${commonName === null ? '' : `/CN=${commonName}`}` || '/';
  const text = openssl(key.concat(['-subj', name], sans === '' ? [] : ['-addext', `subjectAltName=${sans}`]));
  return text.slice(text.indexOf('-----BEGIN CERTIFICATE REQUEST'));
}

/** How many records there are of everything that an order makes. */
export async function countRecords(store: Store): Promise<Record<string, number>> {
  const kinds: Kind[] = [
    'orders',
    'requests',
    'validations',
    'charges',
    'jobs',
    'auditEvents',
    'certificates',
    'notifications',
    'notes',
  ];
  const counts = await Promise.all(kinds.map(async (kind) => [kind, (await store.find(kind, {})).length] as const));
  return Object.fromEntries(counts);
}
