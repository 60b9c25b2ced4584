import { createHash } from 'node:crypto';
import type { Actor, NewOrderAsk } from '../../src/core/desk.ts';
import { createDesk, type DeskOffice } from '../../src/core/create-desk.ts';
import type { Engine } from '../../src/core/parts.ts';
import { DeskError, invalidValue } from '../../src/core/errors.ts';
import type {
  CaaCheck,
  DomainCheck,
  DomainControl,
  Issuer,
  NamePolicy,
  ParsedCertificate,
  ParsedCsr,
  PkiTools,
} from '../../src/core/ports.ts';
import { Catalogue, type Product } from '../../src/core/products.ts';
import type { Challenge } from '../../src/core/records.ts';
import { Rules } from '../../src/core/rules.ts';
import { DEFAULT_SETTINGS } from '../../src/core/settings.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, type Instant } from '../../src/core/time.ts';

/** A world for the heart alone: a clock that is set by hand, domains that answer as told, an issuer without keys. */
export interface CoreWorld {
  engine: Engine;
  office: DeskOffice;
  clock: { now(): Instant; set(at: Instant): void; forward(milliseconds: number): void };
  domains: ScriptedDomains;
  issuer: PaperIssuer;
  actor: Actor;
}

export const START = Date.parse('2026-11-22T12:00:00Z');

export async function createCoreWorld(store: Store, handle = 'acme', balance = 1_000_000): Promise<CoreWorld> {
  const clock = handClock(START);
  const domains = new ScriptedDomains();
  const issuer = new PaperIssuer();
  const actor = await addAccount(store, handle, balance, clock.now());
  let seed = 0;
  const engine: Engine = {
    store,
    clock,
    random: {
      bytes: (length) =>
        createHash('sha512')
          .update(String((seed += 1)))
          .digest()
          .subarray(0, length),
    },
    issuers: new Map<string, Issuer>([[issuer.name, issuer]]),
    domains,
    pki: paperPki,
    names: plainNames,
    catalogue: new Catalogue(PRODUCTS),
    rules: new Rules('public'),
    wake: () => {},
  };
  return { engine, office: createDesk(engine), clock, domains, issuer, actor };
}

export async function addAccount(store: Store, handle: string, balance: number, now: Instant): Promise<Actor> {
  const accountId = await store.transact(async (unit) => {
    const id = unit.newId('accounts');
    const account = { id, handle, name: handle, currency: 'EUR', balance, reserved: 0, createdAt: now };
    unit.insert('accounts', { ...account, state: 'active', settings: DEFAULT_SETTINGS });
    return id;
  });
  return { accountId, handle, userName: 'ada', currency: 'EUR', role: 'admin', userId: null, userRole: null };
}

export function handClock(start: Instant) {
  let at = start;
  return {
    now: () => at,
    set: (to: Instant) => {
      at = to;
    },
    forward: (milliseconds: number) => {
      at += milliseconds;
    },
  };
}

/** Domains pass once they are published; CAA allows unless it is told otherwise. */
export class ScriptedDomains implements DomainControl {
  readonly published = new Set<string>();
  readonly caaAnswers = new Map<string, CaaCheck>();
  readonly asked: string[] = [];

  check(challenges: readonly Challenge[]): Promise<DomainCheck> {
    const names = challenges.map(nameOf);
    this.asked.push(...names);
    const passed = names.some((name) => this.published.has(name));
    const outcome = passed ? 'passed' : 'not-found';
    return Promise.resolve({ outcome, message: passed ? 'Found' : 'No such record', evidence: { names } });
  }

  caa(name: string): Promise<CaaCheck> {
    this.asked.push(`caa:${name}`);
    const told = this.caaAnswers.get(name);
    return Promise.resolve(told ?? { status: 'empty', ttl: 300, message: 'No CAA record', evidence: {} });
  }
}

function nameOf(challenge: Challenge): string {
  if (challenge.method === 'dns') return challenge.name;
  return challenge.method === 'http' ? challenge.host : challenge.address;
}

/** Signs nothing: its certificates are JSON. Counts what it is asked. */
export class PaperIssuer implements Issuer {
  readonly name = 'embedded';
  readonly signed: { requestId: number; serial: string | null }[] = [];
  /** Thrown at the next signature, once each. */
  failures: Error[] = [];
  #serial = 0;

  prepare(
    ask: { requestId: number; notAfterAtMost: Instant; longestValidity: number; names: readonly string[] },
    now: Instant,
  ) {
    this.#serial += 1;
    const serial =
      (0x10000 + this.#serial).toString(16).toUpperCase().padStart(16, '0') + ask.requestId.toString(16).toUpperCase();
    const notAfter = Math.min(now + ask.longestValidity - 1000, ask.notAfterAtMost);
    const tbs = Buffer.from(JSON.stringify({ serial, notBefore: now, notAfter, names: ask.names }));
    return { serial, tbs, notBefore: now, notAfter, progress: null };
  }

  issue(ask: { requestId: number }, issuance: { serial: string | null; tbs: Uint8Array | null }) {
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    this.signed.push({ requestId: ask.requestId, serial: issuance.serial });
    return Promise.resolve({ kind: 'issued' as const, certificate: issuance.tbs as Uint8Array });
  }

  chain() {
    return Promise.resolve([]);
  }

  crlShard() {
    return 0;
  }
}

const paperPki: PkiTools = {
  readCsr: (text) => Promise.resolve(paperCsr(Buffer.from(text, 'base64').toString())),
  readKeptCsr: (der) => ({ spki: der, mustStaple: false }),
  readCertificate: (input): ParsedCertificate => {
    const der = typeof input === 'string' ? Buffer.from(input) : input;
    const paper = JSON.parse(Buffer.from(der).toString()) as {
      serial: string;
      notBefore: number;
      notAfter: number;
      names: string[];
    };
    return {
      der,
      serial: paper.serial,
      notBefore: paper.notBefore,
      notAfter: paper.notAfter,
      issuerName: 'CN=Paper',
      commonName: paper.names[0] ?? null,
      subject: {},
      dnsNames: paper.names,
      spki: Buffer.from(paper.serial),
      spkiHash: createHash('sha256').update(paper.serial).digest('hex'),
      keyAlgorithm: 'ECDSA',
      keyBits: 256,
      fingerprint: createHash('sha256').update(der).digest('hex').toUpperCase(),
      sha1: createHash('sha1').update(der).digest('hex').toUpperCase(),
    };
  },
};

/** A CSR whose key is known by a word. */
export function paperCsr(key: string): ParsedCsr {
  const der = Buffer.from(key);
  return {
    der,
    spki: der,
    spkiHash: createHash('sha256').update(der).digest('hex'),
    keyAlgorithm: 'ECDSA',
    keyBits: 256,
    commonName: null,
    subject: {},
    emailAddress: null,
    attributes: [],
    dnsNames: [],
    mustStaple: false,
    md5: createHash('md5').update(der).digest('hex'),
    sha256: createHash('sha256').update(der).digest('hex'),
  };
}

export const plainNames: NamePolicy = {
  normalise: (name, field) => {
    if (!/^(\*\.)?([a-z0-9-]+\.)+[a-z]+$/.test(name)) throw invalidValue(field, 'Not a domain name', name);
    return name;
  },
  registrableDomain: (name) => (name.includes('.') ? name.split('.').slice(-2).join('.') : null),
};

const product = (id: string, changes: Partial<Product>): Product => ({
  id,
  name: id,
  level: 'DV',
  names: 'single',
  wildcardsAllowed: false,
  includesWww: true,
  includesBase: true,
  periods: [12, 24, 36],
  includedNames: 1,
  maxNames: 1,
  pricesByCurrency: { EUR: { base: 1000, extraName: 500, extraWildcard: 3000 } },
  checks: [],
  issuers: ['embedded'],
  renewFrom: [id],
  reissuable: true,
  renewalWindowDays: 30,
  ...changes,
});

export const PRODUCTS: Product[] = [
  product('dv-single', {}),
  product('dv-multi', {
    names: 'multi',
    wildcardsAllowed: true,
    includedNames: 2,
    maxNames: 20,
    renewFrom: ['dv-multi', 'dv-single'],
  }),
  product('dv-wildcard', { names: 'wildcard' }),
  product('ov-single', { level: 'OV', checks: ['organization', 'callback', 'agreement'] }),
  product('ev-single', { level: 'EV', checks: ['organization'] }),
];

/** An ask for `name` with the key of that word, to be validated by a TXT record at `_dcv.<domain>`. */
export function askFor(name: string, changes: Partial<NewOrderAsk> = {}): NewOrderAsk {
  return {
    dialect: 'test',
    csr: paperCsr(`key of ${name}`),
    commonName: name,
    otherNames: [],
    subject: {},
    contact: null,
    language: null,
    chooseValidation: (domain) => ({
      method: 'dns',
      challenges: [{ method: 'dns', record: 'TXT', name: `_dcv.${domain}`, value: 'yes' }],
    }),
    validateNow: false,
    extra: {},
    product: 'dv-single',
    periodMonths: 12,
    ...changes,
  };
}

/** Runs all jobs of requests that are due, as a job runner would. */
export async function runDueJobs(world: Pick<CoreWorld, 'engine' | 'clock' | 'office'>): Promise<number> {
  const { store } = world.engine;
  let runs = 0;
  for (;;) {
    const now = world.clock.now();
    const jobs = await store.claimJobs(['advance', 'validate-domain'], 'test', now, now + DAY, 10);
    if (jobs.length === 0) return runs;
    for (const job of jobs) {
      runs += 1;
      const run = job.kind === 'advance' ? world.office.advance : world.office.validateDomain;
      const { runAgainAt } = await run(job);
      await store.transact(async (unit) => {
        await unit.done(job.key);
        if (runAgainAt !== undefined) await unit.enqueue({ ...job, runAt: runAgainAt });
      });
    }
  }
}

export function isKind(kind: DeskError['kind']): (error: unknown) => boolean {
  return (error) => error instanceof DeskError && error.kind === kind;
}
