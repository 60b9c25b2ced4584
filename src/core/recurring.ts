import type { Engine } from './parts.ts';
import type { Certificate } from './records.ts';
import { transition } from './states.ts';
import type { Unit } from './store.ts';
import { tellAccount } from './tell-account.ts';
import { DAY, type Instant } from './time.ts';

/** Days before its end at which the account is told of a certificate that nothing has replaced. */
const NOTICE_DAYS = [30, 14, 7, 1];
const BATCH = 500;

/**
 * Marks certificates whose time is over. Runs often; what it has not reached yet is shown as expired all the same.
 * @returns how many were marked.
 */
export async function expireCertificates(engine: Engine): Promise<number> {
  const now = engine.clock.now();
  let marked = 0;
  for (;;) {
    const due = await endingBetween(engine, 0, now);
    if (due.length === 0) return marked;
    await engine.store.transact(async (unit) => {
      for (const { id, state } of due) {
        await unit.update('certificates', id, { state: transition('certificate', state, 'expired') });
      }
    });
    marked += due.length;
  }
}

/**
 * Tells accounts of certificates that end soon, once per notice day: each run covers the time since the last one,
 * which is kept as a setting.
 */
export async function sendExpiryNotices(engine: Engine): Promise<number> {
  const now = engine.clock.now();
  const [mark] = await engine.store.find('settings', { name: 'expiry-notices-until' });
  const since = mark === undefined ? now - DAY : Number(mark.value);
  const ending = await Promise.all(
    NOTICE_DAYS.map((days) => endingBetween(engine, since + days * DAY, now + days * DAY)),
  );
  const certificates = ending.flat().filter((one) => one.state === 'active');
  await engine.store.transact(async (unit) => {
    for (const certificate of certificates) await notice(unit, certificate, now);
    if (mark === undefined) {
      unit.insert('settings', { id: unit.newId('settings'), name: 'expiry-notices-until', value: String(now) });
    } else {
      await unit.update('settings', mark.id, { value: String(now) }, { value: mark.value });
    }
  });
  return certificates.length;
}

async function endingBetween(engine: Engine, after: Instant, until: Instant): Promise<Certificate[]> {
  const { records } = await engine.store.list('certificates', {
    accountId: null,
    filters: [
      { field: 'notAfter', op: 'gt', value: after },
      { field: 'notAfter', op: 'lte', value: until },
      { field: 'state', op: 'in', value: ['active', 'reissued', 'renewed'] },
    ],
    order: [{ field: 'notAfter', descending: false }],
    limit: BATCH,
    offset: 0,
    count: false,
  });
  return records;
}

async function notice(unit: Unit, certificate: Certificate, now: Instant): Promise<void> {
  const request = await unit.get('requests', certificate.requestId);
  const { accountId, requestId, id: certificateId, commonName, notAfter } = certificate;
  const day = new Date(notAfter).toISOString().slice(0, 10);
  const message = `The certificate for ${commonName} ends ${day}`;
  const dialect = request?.dialect ?? '';
  tellAccount(unit, { accountId, dialect, kind: 'certificate-expiring', message, requestId, certificateId }, now);
}
