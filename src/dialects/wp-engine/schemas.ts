import { z } from 'zod';
import { isEmail } from '../../core/registry/checked.ts';
import { isCountry } from './countries.ts';

/** What callers send. Lengths in characters; nothing shown to people holds control characters. */

const WITHOUT_CONTROLS = /^\P{Cc}*$/u;

function text(most: number) {
  return z.string().min(1).max(most).regex(WITHOUT_CONTROLS, 'must not contain control characters');
}

const uuid = z
  .string()
  .max(36)
  .regex(/^[0-9a-f-]{1,36}$/i, 'must be a UUID');
const environment = z.enum(['production', 'staging', 'development'], {
  error: 'must be production, staging or development',
});

/** §5 of this API: who holds the certificate, and where. */
export const certificateOrder = z.object({
  email_address: z.string().min(1).max(254).refine(isEmail, 'must be an e-mail address'),
  given_name: text(64),
  family_name: text(64),
  region_code: z.string().refine(isCountry, 'must be a two-letter ISO 3166-1 country code'),
  state: text(128).optional(),
  city: text(128).optional(),
  phone: z
    .string()
    .min(1)
    .max(32)
    .regex(/^[0-9+().\-/ x#*]*$/i, 'must be a phone number')
    .optional(),
});

const SITE_NAME = 40;

export const newSite = z.object({ name: text(SITE_NAME), account_id: uuid });
export const changedSite = z.object({ name: text(SITE_NAME).optional() });

export const newInstall = z.object({
  name: z.string().regex(/^[a-z][a-z0-9]{2,13}$/, 'must be 3 to 14 lower-case letters and digits, a letter first'),
  account_id: uuid,
  site_id: uuid.optional(),
  environment: environment.optional(),
});
export const changedInstall = z.object({ site_id: uuid.optional(), environment: environment.optional() });

const domainName = z.string().min(1).max(255);

export const newDomain = z.object({
  name: domainName,
  primary: z.boolean().optional(),
  redirect_to: uuid.optional(),
});

/** Redirects lead to names: those of the install, or others of the list. */
export const newDomains = z.object({
  domains: z
    .array(z.object({ name: domainName, redirect_to: domainName.optional() }))
    .min(1)
    .max(20),
});

/** `nil` ends a redirect. */
export const changedDomain = z.object({
  primary: z.boolean().optional(),
  redirect_to: z.union([z.literal('nil'), uuid]).optional(),
  secure_all_urls: z.boolean().optional(),
});

/** Base64 of PEM text each. */
export const thirdParty = z.object({
  certificate: z.string().min(1).max(200_000),
  private_key: z.string().min(1).max(30_000),
});

export type CertificateOrder = z.infer<typeof certificateOrder>;
export type ThirdParty = z.infer<typeof thirdParty>;
