import { z } from 'zod';
import { cidr, seconds } from './schema-parts.ts';

const UNIT = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const;

/** `300 per 3 hours`, or `none`. */
const limit = z
  .string()
  .regex(
    /^(none|[1-9]\d{0,6} per [1-9]\d{0,4} (seconds|minutes|hours|days))$/,
    'must be such as "300 per 3 hours", or "none"',
  )
  .transform((text): { most: number; seconds: number } | null => {
    const match = /^(\d+) per (\d+) (\w+)$/.exec(text);
    if (match === null) return null;
    return { most: Number(match[1]), seconds: Number(match[2]) * UNIT[match[3] as keyof typeof UNIT] };
  });

const limits = z
  .strictObject({
    ordersPerAccount: limit.optional().describe('New orders of the account.'),
    certificatesPerDomain: limit.optional().describe('Certificates for one registrable domain, renewals left out.'),
    certificatesPerNames: limit.optional().describe('Certificates for exactly the same names.'),
    failuresPerName: limit.optional().describe('Failed validations of one name.'),
  })
  .prefault({});

const origin = z
  .url({ protocol: /^https$/, error: 'must be an https origin, such as https://acme.example.net' })
  .refine((url) => new URL(url).origin === url.replace(/\/$/, ''), 'must be an origin alone, without a path')
  .transform((url) => new URL(url).origin);

/** One `[issuers.NAME]` table: a CA outside, asked over ACME (RFC 8555). */
export const issuerSchema = z.strictObject({
  kind: z.enum(['acme']).describe('How the CA is asked.'),
  directory: z
    .url({ protocol: /^https$/, error: 'must be an https URL' })
    .describe("Address of the CA's directory, such as `https://acme-v02.api.letsencrypt.org/directory`."),
  contacts: z
    .array(
      z
        .string()
        .regex(/^(mailto:)?[^\s@,?]+@[^\s@,?]+$/, 'must be a mail address')
        .transform((text) => (text.startsWith('mailto:') ? text : `mailto:${text}`)),
    )
    .default([])
    .describe('Mail addresses under which the CA reaches the operator.'),
  termsAgreed: z
    .literal(true, 'must be true: the CA asks for agreement to its terms of service before it gives an account')
    .describe("Whether the operator agrees to the CA's terms of service. Must be `true`."),
  challenges: z
    .array(z.enum(['http-01', 'dns-01', 'tls-alpn-01']))
    .min(1)
    .default(['http-01'])
    .describe(
      'Ways in which the CA may validate names, the preferred one first. Each needs its part of `[responder]`.',
    ),
  profile: z.string().min(1).max(100).optional().describe('Profile of certificates to ask for, where the CA has some.'),
  preferredChain: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Common name of the topmost issuer of the chain wanted, where the CA offers several. Default: its first.',
    ),
  eabKeyId: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Key id of an external account binding (RFC 8555 §7.3.4). Its key is `CHANCERY_EAB_NAME`, base64url, with the name of the issuer in capitals and `_` for `-`.',
    ),
  allowedOrigins: z
    .array(origin)
    .default([])
    .describe("Further origins that the CA's directory may point to. Default: its own alone."),
  trustedCa: z
    .string()
    .optional()
    .describe("PEM file with the CA that signed the TLS certificate of the CA's server, where no public one did."),
  allowedRanges: z
    .array(cidr)
    .default([])
    .describe("Internal address ranges in which the CA's server may lie, such as `10.0.0.0/8`."),
  limits: limits.describe(
    "How often the CA may be asked, each as `300 per 3 hours` or `none`. Default: the published limits of Let's Encrypt at its directories; none elsewhere.",
  ),
  keyAlgorithm: z
    .enum(['P-256', 'P-384', 'RSA-2048', 'RSA-4096'])
    .default('P-256')
    .describe('Key of the account at the CA. Only its making looks at it.'),
  timeout: seconds(30, 300).describe('Seconds for one call to the CA.'),
});

type Written = z.infer<typeof issuerSchema>;

/** A CA outside, checked and with its secret; `trustedCa` is the PEM text of the file. */
export interface AcmeIssuerConfig
  extends Omit<Written, 'profile' | 'preferredChain' | 'eabKeyId' | 'trustedCa' | 'limits'> {
  readonly name: string;
  readonly profile: string | null;
  readonly preferredChain: string | null;
  readonly externalAccount: { readonly keyId: string; readonly key: string } | null;
  readonly trustedCa: string | null;
  /** Undefined where nothing is told, null for no limit. */
  readonly limits: Readonly<Written['limits']>;
}
