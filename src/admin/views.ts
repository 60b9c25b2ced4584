import type {
  Account,
  Attempt,
  AuditEvent,
  Certificate,
  CertificateRequest,
  Checkout,
  Hostname,
  Job,
  Order,
  Organization,
  Validation,
  Website,
} from '../core/records.ts';
import type { Instant } from '../core/time.ts';
import { viewKey } from './keys.ts';

/** How records are shown to the operator: moments as ISO 8601 text, no secrets, no key material. */
export const VIEWS = {
  accounts: ({ createdAt, ...rest }: Account) => ({ ...rest, createdAt: time(createdAt) }),
  credentials: (record: Parameters<typeof viewKey>[0]) => {
    const { createdAt, expiresAt, revokedAt, ...rest } = viewKey(record);
    return { ...rest, createdAt: time(createdAt), expiresAt: time(expiresAt), revokedAt: time(revokedAt) };
  },
  orders: ({ createdAt, startsAt, endsAt, ...rest }: Order) => ({
    ...rest,
    startsAt: time(startsAt),
    endsAt: time(endsAt),
    createdAt: time(createdAt),
  }),
  // Without the CSR and what the dialect keeps for itself.
  requests: ({ csr: _csr, extra: _extra, createdAt, updatedAt, startedAt, ...rest }: CertificateRequest) => ({
    ...rest,
    createdAt: time(createdAt),
    updatedAt: time(updatedAt),
    startedAt: time(startedAt),
  }),
  validations: ({ challenges, nextAttemptAt, validatedAt, createdAt, ...rest }: Validation) => ({
    ...rest,
    challenges: challenges.map((one) =>
      'until' in one && one.until !== undefined ? { ...one, until: time(one.until) } : one,
    ),
    nextAttemptAt: time(nextAttemptAt),
    validatedAt: time(validatedAt),
    createdAt: time(createdAt),
  }),
  attempts: ({ at, ...rest }: Attempt) => ({ ...rest, at: time(at) }),
  certificates: ({ der, notBefore, notAfter, subscriptionEndsAt, revokedAt, createdAt, ...rest }: Certificate) => ({
    ...rest,
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    subscriptionEndsAt: time(subscriptionEndsAt),
    revokedAt: time(revokedAt),
    createdAt: time(createdAt),
    der: Buffer.from(der).toString('base64'),
  }),
  organizations: ({ validatedAt, createdAt, ...rest }: Organization) => ({
    ...rest,
    validatedAt: time(validatedAt),
    createdAt: time(createdAt),
  }),
  websites: ({ installedAt, createdAt, extra: _extra, ...rest }: Website) => ({
    ...rest,
    installedAt: time(installedAt),
    createdAt: time(createdAt),
  }),
  hostnames: ({ verifiedAt, installedAt, createdAt, extra: _extra, ...rest }: Hostname) => ({
    ...rest,
    verifiedAt: time(verifiedAt),
    installedAt: time(installedAt),
    createdAt: time(createdAt),
  }),
  checkouts: ({ secretHash: _secretHash, createdAt, expiresAt, endedAt, ...rest }: Checkout) => ({
    ...rest,
    createdAt: time(createdAt),
    expiresAt: time(expiresAt),
    endedAt: time(endedAt),
  }),
  auditEvents: ({ at, hash, ...rest }: AuditEvent) => ({
    ...rest,
    at: time(at),
    hash: Buffer.from(hash).toString('hex'),
  }),
  jobs: ({ runAt, leaseUntil, createdAt, ...rest }: Job) => ({
    ...rest,
    runAt: time(runAt),
    leaseUntil: time(leaseUntil),
    createdAt: time(createdAt),
  }),
} as const;

function time(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
