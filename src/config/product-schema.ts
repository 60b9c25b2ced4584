import { z } from 'zod';

const price = z.strictObject({
  base: z.int().min(0).describe('Cents per started year.'),
  extraName: z.int().min(0).describe('Cents per started year for each name beyond the included ones.'),
  extraWildcard: z.int().min(0).describe('The same for a wildcard name.'),
});

/** One `[[products]]` table of the configuration: all of a product, or the members of a known one that change. */
export const productSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,59}$/, 'must be lower-case letters, digits, - and _')
    .describe('Identifier, as ordered.'),
  name: z.string().min(1).optional().describe('For people.'),
  level: z.enum(['DV', 'OV', 'EV']).optional().describe('How deep is validated.'),
  names: z.enum(['single', 'multi', 'wildcard']).optional().describe('Which names it holds.'),
  wildcardsAllowed: z.boolean().optional().describe('Whether a multi-domain product may hold wildcard names.'),
  includesWww: z.boolean().optional().describe('Whether `www.` of the name comes free with it.'),
  includesBase: z.boolean().optional().describe('Whether the name without `www.` or `*.` comes free with it.'),
  periods: z.array(z.int().min(1).max(120)).min(1).optional().describe('Terms in months.'),
  includedNames: z
    .int()
    .min(0)
    .max(250)
    .optional()
    .describe('Names within the base price; 0 where each one is paid for.'),
  maxNames: z.int().min(1).max(250).optional().describe('Most names of one certificate.'),
  pricesByCurrency: z
    .record(z.string().regex(/^[A-Z]{3}$/), price)
    .optional()
    .describe('Prices by currency: `{ EUR = { base, extraName, extraWildcard } }`.'),
  checks: z
    .array(z.enum(['organization', 'callback', 'agreement']))
    .optional()
    .describe('Vetting by people before issuance.'),
  issuers: z.array(z.string().min(1)).min(1).optional().describe('Issuers that may sign it: the first that can does.'),
  renewFrom: z.array(z.string()).optional().describe('Products from which an order may be renewed into this one.'),
  reissuable: z.boolean().optional().describe('Whether it can be reissued.'),
  renewalWindowDays: z
    .int()
    .min(0)
    .max(398)
    .optional()
    .describe('Days before the end of a term in which a renewal keeps what is left.'),
  privateNames: z
    .boolean()
    .optional()
    .describe('Whether it may hold names that no public registry knows, and IP addresses.'),
  dialects: z.array(z.string().min(1)).optional().describe('APIs that sell it; all of them where it is not told.'),
});

export type ProductChange = z.infer<typeof productSchema>;
