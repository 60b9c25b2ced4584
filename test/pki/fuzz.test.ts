import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import { readCertificateDetails } from '../../src/pki/certificate-reader.ts';
import { readCrl } from '../../src/pki/crl-reader.ts';
import { readCsr } from '../../src/pki/csr.ts';
import {
  attribute,
  base64,
  dnsName,
  extension,
  extensionRequest,
  makeRequest,
  OID,
  primitive,
  sanOf,
  sequence,
  utf8,
} from './make-der.ts';
import { openssl, opensslRequest, P256 } from './openssl-command.ts';
import { generatorOf, mutate, mutateText, nestingBomb } from './mutate.ts';
import { makeSamples } from './samples.ts';

/**
 * Mutated requests, certificates and CRLs: every input must end in a value or a `DeskError`, in bounded time and
 * memory. `FUZZ_SEED=<number>` repeats a run; the seed stands in the message of a failure.
 */
const nightly = process.env['CHANCERY_NIGHTLY'] === '1';
const RUNS = nightly ? 120_000 : 6_000;
const SEED = Number(process.env['FUZZ_SEED'] ?? (nightly ? randomInt(2 ** 31) : 20_261_122));
/** One input, on a busy machine: garbage collection and neighbours included. */
const MAX_MILLISECONDS = 2_000;
const MAX_HEAP_GROWTH = 128 * 1024 * 1024;

const { root, leaf, crl, emptyCrl } = makeSamples();
const san = ['-addext', 'subjectAltName=DNS:a.test,DNS:b.test,IP:192.0.2.1', '-addext', 'tlsfeature=status_request'];
const toDer = (pem: string): Buffer => openssl(['req', '-outform', 'DER'], pem);
const ecRequest = toDer(opensslRequest(P256, '/C=NL/O=Zürich/CN=a.test', ...san));
const rsaRequest = toDer(opensslRequest(['-newkey', 'rsa:2048'], '/CN=a.test', ...san));

const names = sanOf(dnsName('a.test'), dnsName('b.test'), primitive(0x87, 'c0000201'));
const attributes = extensionRequest(names, extension(OID.tlsFeature, sequence(primitive(2, '05'))));
const subject = sequence(attribute(OID.o, utf8('Zürich')), attribute(OID.cn, primitive(0x1e, '0061')));

interface Target {
  name: string;
  share: number;
  seeds: readonly Uint8Array[];
  read: (input: Uint8Array) => unknown;
}
/** Parts that are mutated first and signed then, so that what is read behind the signature check is reached as well. */
const TARGETS: readonly Target[] = [
  { name: 'readCsr', share: 0.3, seeds: [ecRequest, rsaRequest], read: (der) => readCsr(base64(der)) },
  {
    name: 'signed attributes',
    share: 0.15,
    seeds: [attributes],
    read: (der) => readCsr(base64(makeRequest({ attributes: [der] }))),
  },
  {
    name: 'signed subject',
    share: 0.1,
    seeds: [subject],
    read: (der) => readCsr(base64(makeRequest({ subject: der }))),
  },
  { name: 'readCertificate', share: 0.2, seeds: [leaf, root], read: readCertificateDetails },
  { name: 'readCrl', share: 0.15, seeds: [crl, emptyCrl], read: readCrl },
];

/** Reads it and tells whether a value came out. Anything but a value or a `DeskError`, or much time, fails the test. */
function outcome(read: () => unknown, what: () => string): boolean {
  const start = performance.now();
  let accepted = true;
  try {
    read();
  } catch (error) {
    accepted = false;
    assert.ok(error instanceof DeskError, `${what()}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  const took = performance.now() - start;
  assert.ok(took < MAX_MILLISECONDS, `${what()} took ${took} ms`);
  return accepted;
}

for (const { name, share, seeds, read } of TARGETS) {
  const runs = Math.round(RUNS * share);
  test(`${name}: ${runs} mutated inputs`, () => {
    for (const seed of seeds)
      assert.ok(
        outcome(
          () => read(seed),
          () => 'unchanged',
        ),
        'the seed is good',
      );
    const random = generatorOf(SEED);
    const before = process.memoryUsage();
    let accepted = 0;
    for (let run = 0; run < runs; run++) {
      const input = mutate(seeds, random);
      const what = (): string => `FUZZ_SEED=${SEED} run ${run}: ${Buffer.from(input).toString('hex').slice(0, 4000)}`;
      if (outcome(() => read(input), what)) accepted += 1;
    }
    const after = process.memoryUsage();
    assert.ok(after.heapUsed - before.heapUsed < MAX_HEAP_GROWTH, 'the heap stays in bounds');
    assert.ok(accepted < runs * 0.7, `${accepted} of ${runs} were accepted: the mutations do not reach the reader`);
  });
}

test(`readCsr: ${RUNS * 0.1} mutated texts`, () => {
  const random = generatorOf(SEED);
  const pem = openssl(['req', '-inform', 'DER'], ecRequest).toString();
  for (let run = 0; run < RUNS * 0.1; run++) {
    const text = mutateText(pem, random);
    outcome(
      () => readCsr(text),
      () => `FUZZ_SEED=${SEED} run ${run}: ${JSON.stringify(text)}`,
    );
  }
});

test('nesting bombs of every tag and size', () => {
  for (const size of [100, 10_000, 60_000, 300_000]) {
    for (const tag of [0x30, 0x31, 0xa0, 0x24, 0x7e]) {
      const bomb = nestingBomb(tag, size);
      for (const { read } of TARGETS)
        assert.equal(
          outcome(
            () => read(bomb),
            () => `a bomb of ${size}`,
          ),
          false,
        );
    }
  }
});
