import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { TestContext } from 'node:test';
import { buildCatalogue } from '../../src/config/catalogue.ts';
import type { DomainCheck, Issuer } from '../../src/core/ports.ts';
import type { Certificate } from '../../src/core/records.ts';
import { DAY, type Instant } from '../../src/core/time.ts';
import { createAcmeIssuer } from '../../src/issuers/acme/issuer.ts';
import { createAnswers } from '../../src/responders/answers.ts';
import { createChallengeBoard } from '../../src/responders/challenge-board.ts';
import { startHttpResponder } from '../../src/responders/http-responder.ts';
import { createResolver } from '../../src/validation/resolver.ts';
import { box, loopbackFetch, settingsFor } from '../issuers/acme/acme-world.ts';
import { lookupsTo } from './acme-server/lookups.ts';
import { type AcmeServer, startAcmeServer } from './acme-server/server.ts';
import type { TestDesk } from './desk.ts';

/** What hosting platforms sell, signed by the ACME issuer of `putAcmeFirst`, or else by the embedded CA. */
export const ACME_FIRST = buildCatalogue(
  ['dv-hosted-domain', 'dv-by-name', 'dv-hosted'].map((id) => ({ id, issuers: ['acme-test', 'embedded'] })),
);

export interface OverAcme {
  ca: AcmeServer;
  /** Runs what is due, with the clock set to each time that is waited for, until nothing is due for that long. */
  settle(patience?: number): Promise<void>;
  /** What runs every few minutes and every hour: issuers are asked when to renew, and what is due is. */
  runPlans(): Promise<number>;
  /** Certificates of one issuer, oldest first. */
  signedBy(issuer: 'acme-test' | 'embedded'): Promise<Certificate[]>;
  /** From now on no connection to the CA comes about; what ends that is answered. */
  goAway(): () => void;
}

/**
 * Gives a desk over `ACME_FIRST` the issuer `acme-test`: the real one, before a scripted CA that looks for itself at
 * port 80 of the names that lead here, which is the HTTP responder. The desk's own checks look there as well.
 */
export async function putAcmeFirst(
  t: TestContext,
  desk: TestDesk,
  leadsHere: (host: string) => boolean = () => true,
): Promise<OverAcme> {
  const { store, clock, engine, office, domains } = desk;
  const { random } = engine;
  const log = { warn: (details: object, message: string) => assert.fail(`${message} ${JSON.stringify(details)}`) };
  const answers = createAnswers({ store, clock });
  const responder = await startHttpResponder({ answers, listen: { host: '127.0.0.1', port: 0 }, count: () => {}, log });
  t.after(() => responder.close());
  const real = lookupsTo({ http: responder });
  const http: typeof real.http = async (host, path) => {
    if (!leadsHere(host)) throw new Error(`${host} does not lead here`);
    return real.http(host, path);
  };
  const ca = await startAcmeServer({ clock, lookups: { ...real, http } });
  t.after(() => ca.close());
  ca.script.verdict = () => 'check';
  ca.script.pendingLooks = 1;
  ca.script.processingLooks = 1;
  ca.script.badNonceEvery = 7;

  domains.check = async (challenges): Promise<DomainCheck> => {
    for (const one of challenges) {
      if (one.method !== 'http' || !leadsHere(one.host)) continue;
      const { status, body } = await http(one.host, one.path);
      if (status === 200 && body === one.content) return { outcome: 'passed', message: 'Found', evidence: {} };
    }
    return { outcome: 'not-found', message: 'There is no such file', evidence: {} };
  };

  const resolver = createResolver({ serversFor: () => [], timeoutMs: 100, attempts: 1, random, clock });
  const issuer = createAcmeIssuer({
    settings: settingsFor(ca.directoryUrl, { name: 'acme-test' }),
    fetch: loopbackFetch,
    store,
    box,
    clock,
    random,
    board: createChallengeBoard({
      answers,
      http: true,
      tlsAlpn: false,
      delegation: null,
      publishers: [],
      resolver,
      log,
    }),
    registrableDomain: (name) => engine.names.registrableDomain(name),
    log: { warn: () => {} },
  });
  (engine.issuers as Map<string, Issuer>).set(issuer.name, issuer);

  return {
    ca,
    settle: async (patience = DAY) => {
      const until: Instant = clock.now() + patience;
      for (;;) {
        await desk.runJobs();
        const next = await store.nextJobAt(['advance', 'validate-domain']);
        if (next === null || next > until) return;
        clock.set(Math.max(clock.now(), next));
      }
    },
    runPlans: async () => {
      await office.refreshRenewalHints();
      return office.runAutoOrders();
    },
    signedBy: (name) => store.find('certificates', { issuer: name }, { order: { field: 'id', descending: false } }),
    goAway: () => {
      const rule = { at: '*', trouble: { kind: 'reset-before' }, times: Infinity } as const;
      ca.script.rules.push(rule);
      return () => void ca.script.rules.splice(ca.script.rules.indexOf(rule), 1);
    },
  };
}

/** The leaf of a PEM chain, which leads without a gap to the scripted CA's root. */
export function leafUnder(ca: AcmeServer, chain: string): X509Certificate {
  const pems = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  assert.ok(pems.length >= 2, chain);
  const path = [...pems, ca.roots[0] as string].map((pem) => new X509Certificate(pem));
  path.slice(1).forEach((above, index) => {
    const below = path[index] as X509Certificate;
    assert.ok(below.checkIssued(above) && below.verify(above.publicKey), `${below.subject} under ${above.subject}`);
  });
  return path[0] as X509Certificate;
}

/** Which certificate each new order at the CA said that it replaces (RFC 9773 §5). */
export function replacedBy({ seen }: AcmeServer): (string | undefined)[] {
  const orders = seen.filter(({ endpoint, status }) => endpoint === 'new-order' && status === 201);
  return orders.map(({ payload }) => (payload as { replaces?: string }).replaces);
}
