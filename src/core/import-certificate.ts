import { bareFacts, bareRequest, nameOf } from './bare-request.ts';
import type { Actor, ImportAsk, Outcome } from './desk.ts';
import { subjectColumns } from './complete.ts';
import { write } from './engine.ts';
import type { Engine } from './parts.ts';
import type { Facts } from './facts.ts';
import type { CertificateRequest } from './records.ts';
import type { Happening } from './settle.ts';
import { transition } from './states.ts';

/**
 * Takes a certificate that was made elsewhere into the inventory.
 * @throws DeskError `already-exists`
 */
export async function importCertificate(engine: Engine, actor: Actor, ask: ImportAsk): Promise<Outcome> {
  const { certificate: parsed } = ask;
  return engine.store.transact(async (unit) => {
    const now = engine.clock.now();
    const commonName = ask.commonName ?? parsed.commonName ?? parsed.dnsNames[0] ?? '';
    const names = parsed.dnsNames.length > 0 ? parsed.dnsNames : [commonName];
    const request: CertificateRequest = {
      ...bareRequest(actor, 'import', ask.dialect, ask.extra, unit.newId('requests'), now),
      state: transition('request', 'waiting', 'completed'),
      commonName,
      names,
      subject: parsed.subject,
      csr: ask.csr?.der ?? null,
      spkiHash: parsed.spkiHash,
    };
    const { subject, serial, notBefore, notAfter, keyAlgorithm, keyBits, spkiHash, fingerprint, sha1, der } = parsed;
    const certificate = {
      id: request.id,
      accountId: actor.accountId,
      orderId: null,
      requestId: request.id,
      product: request.product,
      // Serials are unique per issuer only; what one account imports says nothing to another.
      issuer: `import:${actor.accountId}:${parsed.issuerName}`,
      state: notAfter <= now ? ('expired' as const) : ('active' as const),
      commonName,
      names,
      ...subjectColumns(subject, ask.registrationNumber),
      serial,
      notBefore,
      notAfter,
      keyAlgorithm,
      keyBits,
      spkiHash,
      fingerprint,
      sha1,
      der,
      subscriptionEndsAt: null,
      crlShard: null,
      revokedAt: null,
      revocationReason: null,
      archivedAt: null,
      createdAt: now,
    };
    const happening: Happening = {
      action: 'certificate.imported',
      target: `certificate:${certificate.id}`,
      details: { serial, fingerprint },
    };
    const facts: Facts = { ...bareFacts(request), certificate };
    await write(
      engine,
      unit,
      { order: null, target: null, others: [] },
      { facts, step: { do: 'nothing' }, happenings: [happening] },
      nameOf(actor),
      'call',
    );
    return { request, certificate };
  });
}
