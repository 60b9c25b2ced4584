import { generateKeyPairSync } from 'node:crypto';
import { hostname } from 'node:os';
import type { Random } from '../../core/ports.ts';
import type { Store } from '../../core/store.ts';
import { type Clock, DAY, HOUR, type Instant, SECOND } from '../../core/time.ts';
import { createLeafBuilder, serialFrom, signed } from '../../pki/certificate-builder.ts';
import { toPem } from '../../pki/pem.ts';
import type { Ca } from './ca.ts';

export interface ServerCertificate {
  /** PEM, PKCS #8. It exists only in memory. */
  key: string;
  /** PEM: leaf and intermediate. */
  certificate: string;
  notAfter: Instant;
}

export interface ServerCertificateOptions {
  ca: Ca;
  store: Store;
  clock: Clock;
  random: Random;
  /** Names and addresses under which the server is reached, beside localhost and this machine's name. */
  hosts?: readonly string[];
}

const VALID_FOR = 90 * DAY;

/**
 * A key and a certificate for `serve --tls`, from the own CA. The serial is in the audit trail before it is signed;
 * it is no order's certificate, so no CRL lists it and it carries no distribution point.
 */
export async function makeServerCertificate(options: ServerCertificateOptions): Promise<ServerCertificate> {
  const { ca, store, clock, random } = options;
  const names = [...new Set(['localhost', ...(options.hosts ?? []), ownName(), '127.0.0.1', '::1'])].filter(
    (name) => name !== '',
  );
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = serialFrom(random.bytes(16));
  const notBefore = Math.floor((clock.now() - HOUR) / SECOND) * SECOND;
  const notAfter = Math.min(notBefore + VALID_FOR - SECOND, ca.intermediate.notAfter);
  const { name, keyId } = ca.intermediate;
  const caIssuersUrl = ca.addresses().intermediateCertificate();
  const tbs = createLeafBuilder({ algorithm: ca.signer.algorithm, name, keyId, caIssuersUrl })({
    level: 'DV',
    commonName: 'localhost',
    names,
    subject: {},
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    mustStaple: false,
    serial,
    notBefore,
    notAfter,
    crlUrl: null,
  });
  await store.transact(async (unit) => {
    unit.audit({
      at: clock.now(),
      actor: 'system',
      accountId: null,
      action: 'server-certificate-signed',
      target: `issuer:${ca.issuer}`,
      details: { serial: Buffer.from(serial).toString('hex').toUpperCase(), names },
    });
  });
  const leaf = signed(tbs, ca.signer.algorithm, await ca.signer.sign(tbs));
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificate: toPem('CERTIFICATE', leaf) + toPem('CERTIFICATE', ca.intermediate.certificate),
    notAfter,
  };
}

/** The machine's name where it can stand in a certificate. */
function ownName(): string {
  const name = hostname().toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$/.test(name) ? name : '';
}
