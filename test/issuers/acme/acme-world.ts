import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type {
  ChallengeAsk,
  ChallengeBoard,
  ChallengeType,
  IssueAsk,
  Issuer,
  IssueResult,
} from '../../../src/core/ports.ts';
import type { Issuance } from '../../../src/core/records.ts';
import type { Store } from '../../../src/core/store.ts';
import type { Instant } from '../../../src/core/time.ts';
import { createAcmeIssuer } from '../../../src/issuers/acme/issuer.ts';
import type { AcmeFetch, AcmeParts, AcmeSettings } from '../../../src/issuers/acme/settings.ts';
import { createSecretBox } from '../../../src/secrets/secret-box.ts';
import { createAddressGuard } from '../../../src/validation/address-guard.ts';
import { createGuardedFetch } from '../../../src/validation/guarded-fetch.ts';
import { type AcmeServer, type AcmeServerOptions, startAcmeServer } from '../../support/acme-server/server.ts';
import { createWorld } from '../../support/stores.ts';
import { issueAsk } from '../issue-ask.ts';

export const START = Date.parse('2026-11-22T10:00:00Z');

export const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
export const box = createSecretBox({ bytes: random.bytes(32), source: 'key file of the test' }, random);

/** A clock that a test moves. */
export function testClock(at: Instant = START) {
  const clock = { at, now: () => clock.at };
  return clock;
}

/** A board that keeps what was asked of it. */
export function paperBoard(ways: readonly ChallengeType[] = ['http-01', 'dns-01', 'tls-alpn-01']) {
  const board = {
    ways: async (name: string) => (name.startsWith('*.') ? ways.filter((way) => way === 'dns-01') : [...ways]),
    published: new Map<string, ChallengeAsk>(),
    publications: 0,
    publish: async (ask: ChallengeAsk) => {
      board.publications += 1;
      board.published.set(keyOf(ask), ask);
    },
    withdraw: async (ask: ChallengeAsk) => void board.published.delete(keyOf(ask)),
  };
  return board satisfies ChallengeBoard;
}

function keyOf({ type, identifier, token, keyAuthorization }: ChallengeAsk): string {
  return [type, identifier, token, keyAuthorization].join(' ');
}

const guarded = createGuardedFetch({ guard: createAddressGuard({ allow: ['127.0.0.0/8', '::1/128'] }) });
export const loopbackFetch: AcmeFetch = (url, request) => guarded(url, { ...request, maxRedirects: 0 });

export type Complaint = { details: object; message: string };

export interface AcmeWorld {
  ca: AcmeServer;
  clock: ReturnType<typeof testClock>;
  board: ReturnType<typeof paperBoard>;
  complaints: Complaint[];
  parts: AcmeParts;
  issuer: Issuer;
  /** The issuer again, as a second process or a restarted one has it. */
  again(changes?: Partial<AcmeParts>): Issuer;
}

export interface Fixture {
  settings?: Partial<AcmeSettings>;
  server?: AcmeServerOptions;
  ways?: readonly ChallengeType[];
}

export function settingsFor(directory: string, changes: Partial<AcmeSettings> = {}): AcmeSettings {
  return {
    name: 'letsencrypt',
    directory,
    contacts: ['mailto:ops@desk.test'],
    challenges: ['http-01', 'dns-01', 'tls-alpn-01'],
    profile: null,
    preferredChain: null,
    externalAccount: null,
    allowedOrigins: [],
    keyAlgorithm: 'P-256',
    timeout: 5,
    limits: {},
    ...changes,
  };
}

/** A scripted CA, and an issuer that uses it, with one clock. */
export async function acmeWorld(store: Store, fixture: Fixture = {}): Promise<AcmeWorld> {
  const clock = testClock();
  const ca = await startAcmeServer({ clock, ...fixture.server });
  const board = paperBoard(fixture.ways);
  const complaints: Complaint[] = [];
  const parts: AcmeParts = {
    settings: settingsFor(ca.directoryUrl, fixture.settings),
    fetch: loopbackFetch,
    store,
    box,
    clock,
    random,
    board,
    registrableDomain: (name) => name.split('.').slice(-2).join('.'),
    log: { warn: (details, message) => void complaints.push({ details, message }) },
  };
  const again = (changes: Partial<AcmeParts> = {}) => createAcmeIssuer({ ...parts, ...changes });
  return { ca, clock, board, complaints, parts, issuer: again(), again };
}

/** The same on SQLite alone, ended with the test. */
export async function sqliteWorld(t: TestContext, fixture: Fixture = {}): Promise<AcmeWorld> {
  const stores = createWorld('sqlite');
  const world = await acmeWorld(await stores.open(), fixture);
  t.after(async () => {
    await world.ca.close();
    await stores.end();
  });
  return world;
}

/** What the heart would ask at the start, for these names. */
export function askFor(names: readonly string[], changes: Partial<IssueAsk> = {}): Promise<IssueAsk> {
  return issueAsk(names, START, changes);
}

export function issuanceOf(issuer: Issuer, ask: IssueAsk, at: Instant): Issuance {
  const prepared = issuer.prepare(ask, at);
  return {
    id: ask.requestId,
    requestId: ask.requestId,
    issuer: issuer.name,
    ...prepared,
    preparedAt: at,
    state: 'prepared',
  };
}

/** What the heart keeps of a `waiting`: through JSON, as a database does. */
export function keep(issuance: Issuance, result: Extract<IssueResult, { kind: 'waiting' }>): Issuance {
  const progress = JSON.parse(JSON.stringify({ ...result.progress, resumeAt: result.at })) as Record<string, unknown>;
  return { ...issuance, progress };
}

/** Takes step after step as the heart does, with the clock set to each time that is waited for. */
export async function drive(
  issuer: Issuer,
  ask: IssueAsk,
  clock: { at: Instant },
  start: Issuance = issuanceOf(issuer, ask, clock.at),
  most = 60,
): Promise<{ result: IssueResult; issuance: Issuance; steps: number }> {
  let issuance = start;
  for (let steps = 1; steps <= most; steps += 1) {
    const result = await issuer.issue(ask, issuance);
    if (result.kind !== 'waiting') return { result, issuance, steps };
    issuance = keep(issuance, result);
    clock.at = Math.max(clock.at, result.at);
  }
  throw new Error(`Not done after ${most} steps: ${JSON.stringify(issuance.progress)}`);
}

export function certificateIn(result: IssueResult): Uint8Array {
  if (result.kind !== 'issued') throw new Error(`Not issued: ${JSON.stringify(result)}`);
  return result.certificate;
}
