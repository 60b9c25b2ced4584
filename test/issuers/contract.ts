import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import type { IssueAsk, Issuer, IssueResult } from '../../src/core/ports.ts';
import type { Issuance } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { readCertificate } from '../../src/pki/certificate-reader.ts';
import { forEachStore } from '../support/stores.ts';
import { issueAsk } from './issue-ask.ts';

/** An issuer ready to be asked, with the clock that it goes by. */
export interface IssuerBench {
  issuer: Issuer;
  clock: { at: number; now(): number };
  /** The issuer again, over the same database: as a restarted process has it. */
  again(): Issuer;
  /** Certificates that the CA has made, where it counts them. */
  made?(): number;
  close?(): Promise<void>;
}

const NAMES = ['shop.example.test', 'www.shop.example.test'];
const MOST_STEPS = 60;

const askFor = (now: number, changes: Partial<IssueAsk> = {}): Promise<IssueAsk> =>
  issueAsk(changes.names ?? NAMES, now, changes);

function prepared(issuer: Issuer, ask: IssueAsk, now: number): Issuance {
  const record = issuer.prepare(ask, now);
  assert.ok(!(record instanceof Promise), 'what is put on record does no input or output');
  const { requestId } = ask;
  return kept({ id: requestId, requestId, issuer: issuer.name, ...record, preparedAt: now, state: 'prepared' });
}

/** As a database hands it back. */
function kept(issuance: Issuance): Issuance {
  const { progress } = issuance;
  return { ...issuance, progress: progress === null ? null : JSON.parse(JSON.stringify(progress)) };
}

/** Takes step after step. `after` is called with each answer before it is kept, and may have the step taken again. */
async function drive(
  bench: IssuerBench,
  ask: IssueAsk,
  issuance: Issuance,
  after: (result: IssueResult, issuance: Issuance) => Promise<void> = async () => undefined,
): Promise<Uint8Array> {
  let current = issuance;
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const result = await bench.issuer.issue(ask, current);
    await after(result, current);
    if (result.kind === 'issued') return result.certificate;
    if (result.kind !== 'waiting') throw new Error(`${result.kind}: ${result.message}`);
    current = kept({ ...current, progress: { ...result.progress, resumeAt: result.at } });
    bench.clock.at = Math.max(bench.clock.at, result.at);
  }
  throw new Error(`Not done after ${MOST_STEPS} steps`);
}

/** What the heart expects of every issuer (core/ports.ts), tried over both databases. */
export function testIssuerContract(what: string, openBench: (store: Store) => Promise<IssuerBench>): void {
  forEachStore((open) => {
    const withBench = (title: string, work: (bench: IssuerBench) => Promise<void>): void => {
      test(`${what}: ${title}`, async (t) => {
        const bench = await openBench(await open());
        t.after(async () => bench.close?.());
        await work(bench);
      });
    };

    withBench('issues for the key and the names that were asked for, not longer than allowed', async (bench) => {
      const ask = await askFor(bench.clock.now());
      assert.equal(bench.issuer.objection?.(ask) ?? null, null);
      const issuance = prepared(bench.issuer, ask, bench.clock.now());
      const certificate = readCertificate(await drive(bench, ask, issuance));
      assert.deepEqual(certificate.dnsNames.toSorted(), NAMES.toSorted());
      assert.deepEqual(Buffer.from(certificate.spki), Buffer.from(ask.spki));
      if (issuance.serial !== null) assert.equal(certificate.serial, issuance.serial);
      if (issuance.notAfter !== null) assert.equal(certificate.notAfter, issuance.notAfter);
      assert.ok(certificate.notAfter - certificate.notBefore < ask.longestValidity);
      assert.ok(certificate.notAfter <= ask.notAfterAtMost);
      assert.ok(certificate.notBefore <= bench.clock.now() && certificate.notAfter > bench.clock.now());
    });

    withBench('asked again before its answer was kept, at each step, it makes no second certificate', async (bench) => {
      const ask = await askFor(bench.clock.now());
      const serials = new Set<string>();
      const issuance = prepared(bench.issuer, ask, bench.clock.now());
      const note = (result: IssueResult): void => {
        if (result.kind === 'issued') serials.add(readCertificate(result.certificate).serial);
      };
      // The process dies between the answer and its record, and another asks with what was on record.
      const certificate = await drive(bench, ask, issuance, async (result, before) => {
        note(result);
        note(await bench.again().issue(ask, before));
      });
      note({ kind: 'issued', certificate });
      assert.equal(serials.size, 1, [...serials].join());
      assert.equal(bench.made?.() ?? 1, 1);
    });

    withBench('two asks are two certificates', async (bench) => {
      const serials = new Set<string>();
      for (let count = 0; count < 2; count += 1) {
        const ask = await askFor(bench.clock.now());
        const der = await drive(bench, ask, prepared(bench.issuer, ask, bench.clock.now()));
        serials.add(readCertificate(der).serial);
      }
      assert.equal(serials.size, 2);
    });

    withBench('the chain leads up from the certificate, also after a restart', async (bench) => {
      const ask = await askFor(bench.clock.now());
      const der = await drive(bench, ask, prepared(bench.issuer, ask, bench.clock.now()));
      const above = (await bench.again().chain(der)).map((one) => new X509Certificate(one));
      assert.ok(above.length > 0);
      let below = new X509Certificate(der);
      for (const certificate of above) {
        assert.ok(below.checkIssued(certificate) && below.verify(certificate.publicKey));
        below = certificate;
      }
    });

    withBench('either we list what is revoked, or it is told, twice without harm', async (bench) => {
      const ask = await askFor(bench.clock.now());
      const der = await drive(bench, ask, prepared(bench.issuer, ask, bench.clock.now()));
      const { issuer } = bench;
      const shard = issuer.crlShard(readCertificate(der).serial);
      assert.equal(shard === null, issuer.revoke !== undefined);
      assert.equal(issuer.outside === true, shard === null);
      await issuer.revoke?.(der, 'keyCompromise');
      await bench.again().revoke?.(der, 'keyCompromise');
    });

    withBench('what it says of renewal is a window and a time to ask again', async (bench) => {
      const ask = await askFor(bench.clock.now());
      const der = await drive(bench, ask, prepared(bench.issuer, ask, bench.clock.now()));
      const advice = (await bench.issuer.renewalHint?.(der)) ?? null;
      if (advice === null) return;
      assert.ok(advice.start <= advice.end);
      assert.ok(advice.checkAgainAt > bench.clock.now());
    });

    withBench('what it would never sign it says beforehand; an objection is no accident', async (bench) => {
      const ask = await askFor(bench.clock.now());
      const elsewhere = { ...ask, names: ['other.example.test'], commonName: 'other.example.test' };
      const objection = bench.issuer.objection?.(elsewhere) ?? null;
      // A CA outside reads the names out of the CSR; one of ours takes them from the ask.
      assert.equal(typeof objection === 'string', bench.issuer.outside === true);
      const vetted = bench.issuer.objection?.({ ...ask, level: 'OV' }) ?? null;
      assert.equal(typeof vetted === 'string', bench.issuer.outside === true);
    });

    withBench('a broken record is an error of the desk, and no certificate', async (bench) => {
      const ask = await askFor(bench.clock.now());
      const issuance = prepared(bench.issuer, ask, bench.clock.now());
      if (issuance.tbs === null) return;
      await assert.rejects(bench.issuer.issue(ask, { ...issuance, tbs: null }), DeskError);
      await assert.rejects(bench.issuer.issue({ ...ask, names: ['other.example.test'] }, issuance));
    });
  });
}
