import { DAY, type Instant } from './time.ts';
import type { Method } from './records.ts';

/**
 * What the CA/Browser Forum dates, as data. Sections are of the TLS Baseline Requirements v2.2.7 (BR).
 * `from` is the first moment at which the row holds.
 */
interface DatedLimits {
  from: Instant;
  /** BR 6.3.2, days. */
  validityDays: number;
  /** BR 4.2.1, days a domain validation may be reused. */
  domainReuseDays: number;
  /** BR 4.2.1, days the vetting of an organization may be reused. */
  organizationReuseDays: number;
  /** BR 3.2.2.4: ways of domain validation. */
  methods: readonly Method[];
}

const day = (text: string): Instant => Date.parse(`${text}T00:00:00Z`);

const PUBLIC_LIMITS: readonly DatedLimits[] = [
  { from: 0, validityDays: 398, domainReuseDays: 398, organizationReuseDays: 825, methods: ['dns', 'http', 'email'] },
  {
    from: day('2026-03-15'),
    validityDays: 200,
    domainReuseDays: 200,
    organizationReuseDays: 398,
    methods: ['dns', 'http', 'email'],
  },
  {
    from: day('2027-03-15'),
    validityDays: 100,
    domainReuseDays: 100,
    organizationReuseDays: 398,
    methods: ['dns', 'http', 'email'],
  },
  // SC-090: constructed e-mail (3.2.2.4.4) must not be used any more.
  {
    from: day('2028-03-15'),
    validityDays: 100,
    domainReuseDays: 100,
    organizationReuseDays: 398,
    methods: ['dns', 'http'],
  },
  {
    from: day('2029-03-15'),
    validityDays: 47,
    domainReuseDays: 10,
    organizationReuseDays: 398,
    methods: ['dns', 'http'],
  },
];

/** What a private CA may relax. */
export interface RuleOverrides {
  validityDays?: number;
  domainReuseDays?: number;
  organizationReuseDays?: number;
}

/** The rules of one installation: the public table, or a private profile that relaxes it. */
export class Rules {
  readonly profile: 'public' | 'private';
  readonly #overrides: RuleOverrides;

  constructor(profile: 'public' | 'private' = 'public', overrides: RuleOverrides = {}) {
    this.profile = profile;
    this.#overrides = profile === 'private' ? overrides : {};
  }

  /** Longest life of a certificate signed at `at`, in milliseconds (BR 6.3.2). */
  longestValidity(at: Instant): number {
    return (this.#overrides.validityDays ?? limits(at).validityDays) * DAY;
  }

  /** A domain validation counts at `at` if it was made at or after this moment (BR 4.2.1). */
  domainProofSince(at: Instant): Instant {
    return at - (this.#overrides.domainReuseDays ?? limits(at).domainReuseDays) * DAY;
  }

  /** As `domainProofSince`, for organizations. */
  organizationProofSince(at: Instant): Instant {
    return at - (this.#overrides.organizationReuseDays ?? limits(at).organizationReuseDays) * DAY;
  }

  /** From when on a domain validation of this moment counts no more, also where the rules become stricter before. */
  domainProofEnds(validatedAt: Instant): Instant {
    return endOfProof(validatedAt, ({ domainReuseDays }) => this.#overrides.domainReuseDays ?? domainReuseDays);
  }

  /** As `domainProofEnds`, for organizations. */
  organizationProofEnds(validatedAt: Instant): Instant {
    return endOfProof(
      validatedAt,
      ({ organizationReuseDays }) => this.#overrides.organizationReuseDays ?? organizationReuseDays,
    );
  }

  methodAllowed(method: Method, at: Instant): boolean {
    return this.profile === 'private' || limits(at).methods.includes(method);
  }
}

function endOfProof(validatedAt: Instant, daysOf: (row: DatedLimits) => number): Instant {
  for (const [index, row] of PUBLIC_LIMITS.entries()) {
    const until = PUBLIC_LIMITS[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const end = validatedAt + daysOf(row) * DAY;
    if (until > validatedAt && end < until) return Math.max(end, row.from);
  }
  return validatedAt;
}

function limits(at: Instant): DatedLimits {
  const row = PUBLIC_LIMITS.findLast((candidate) => candidate.from <= at);
  return row as DatedLimits;
}
